import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchWorld } from './bench-world.js';
import { median, show } from './figures.js';
import { configuration } from './launcher-process.js';

const TIMES = 9;
/** Until what follows a start is over. */
const SETTLING_SECONDS = 5;
/** Seconds and megabytes that a command may take, as a whole process. */
const COMMAND_SECONDS = 0.25;
const COMMAND_MEMORY = 65;
/** Tells the most memory that the process had, in kilobytes, when it ends. */
const TELL_MEMORY = 'data:text/javascript,process.on("exit",()=>console.error(process.resourceUsage().maxRSS))';

/** What it costs to start: commands as whole processes, and the launcher with nothing to do. */
export async function measureStart(world: BenchWorld): Promise<void> {
  const config = join(world.folder, 'start.yaml');
  writeFileSync(config, configuration({ zooKeeperPort: world.server.port, chroot: '/start' }, 1));
  await measureCommand('nodepool --version', ['--version']);
  await measureCommand('nodepool config-validate', ['-c', config, 'config-validate']);
  const client = await world.client();
  const launcher = await world.launcher(await world.tree('start', client));
  await delay(SETTLING_SECONDS * 1000);
  show({ what: 'launcher at start: resident memory', value: launcher.memory / 1e6, unit: 'MB', budget: 75 });
  await launcher.stop();
}

async function measureCommand(what: string, words: readonly string[]): Promise<void> {
  const runs: { readonly seconds: number; readonly memory: number }[] = [];
  for (let count = 0; count < TIMES; count += 1) runs.push(await runCommand(words));
  const seconds = median(runs.map((run) => run.seconds));
  const memory = median(runs.map((run) => run.memory));
  show({ what: `${what}: whole process, median of ${TIMES}`, value: seconds, unit: 's', budget: COMMAND_SECONDS });
  show({ what: `${what}: resident memory at most`, value: memory, unit: 'MB', budget: COMMAND_MEMORY });
}

async function runCommand(words: readonly string[]): Promise<{ readonly seconds: number; readonly memory: number }> {
  const bin = new URL('../../bin/nodepool.js', import.meta.url).pathname;
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', TELL_MEMORY, bin, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const status = await new Promise((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`nodepool ${words.join(' ')} ended with status ${String(status)}: ${said}`);
  const kilobytes = Number(said.trim().split('\n').at(-1));
  return { seconds: (performance.now() - started) / 1000, memory: (kilobytes * 1024) / 1e6 };
}
