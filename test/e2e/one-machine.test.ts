import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../support/daemon-build.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { COMMAND_BLOCKS } from '../unit/docs/command-blocks.js';

const GUIDE = 'docs/guide/one-machine.md';
const own = COMMAND_BLOCKS.filter(
  ({ file, mark }) => file === GUIDE && mark.kind === 'run by' && mark.test === 'test/e2e/one-machine.test.ts',
);

let world: DaemonWorld;
beforeEach(async () => {
  world = await DaemonWorld.open('guide');
});
afterEach(() => world.close());

/** The configuration of the guide, in our folder. */
async function configuration(): Promise<string> {
  const text = await readFile(join(ROOT, GUIDE), 'utf8');
  const yaml = /```yaml\n([^]*?)```/.exec(text)?.[1] ?? '';
  return yaml.replaceAll('/var/lib/nodepool', world.folder).replace('port: 8005', 'port: 0');
}

const argsOf = (line: string): readonly string[] => line.split(' ').slice(1);

describe('the guide "On one machine"', () => {
  it('leads from nothing to a pool, a backup and back', async () => {
    await world.configure(await configuration());
    const [start, look, backup, restore] = own.map(({ text }) => text.split('\n'));
    const [validate = '', daemonLine = ''] = start ?? [];
    const run = async (line: string): Promise<string> => {
      const command = world.start('nodepool', argsOf(line));
      const { code } = await command.ending();
      expect(code, `${line}\n${command.output}`).toBe(0);
      return command.stdout;
    };
    await run(validate);
    const daemon = world.start('nodepool-standalone', argsOf(daemonLine));
    await daemon.says(/Launcher and builder run/);
    const [list = '', images = '', hold = ''] = look ?? [];
    await world.until('a node is ready', async () => (await run(list)).includes('ready'));
    expect(await run(images)).toContain('debian');
    expect(await run(hold)).toContain('hold');
    for (const line of backup ?? []) await run(line);
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
    for (const line of restore ?? []) await run(line);
    const again = world.start('nodepool-standalone', argsOf(daemonLine));
    await again.says(/Launcher and builder run/);
    expect(await run(list)).toContain('hold');
    expect(await again.stop()).toEqual({ code: 0, signal: null });
  });
});
