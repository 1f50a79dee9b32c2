import { startDetached } from '../../adapters/daemon/detach.js';
import { DetachedStart } from '../../adapters/daemon/detached-start.js';
import { PidFile } from '../../adapters/daemon/pid-file.js';
import { RunningGroups } from '../../adapters/system/running-groups.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { DaemonArguments } from './daemon-arguments.js';
import { readDaemonArguments } from './daemon-arguments.js';
import type { ProgramSpec } from '../../adapters/cli/program-spec.js';

/** What a daemon is to do once it runs where it should. Answers the exit status, or the signal that it ends by. */
export type DaemonMain = (args: DaemonArguments, started: () => void) => Promise<number | NodeJS.Signals>;

type End = number | NodeJS.Signals;

/**
 * Runs a daemon: in the foreground, or in the background with a pid file (spec BUILDER 3.5). Whoever started it in the background
 * learns whether it came to run: `started` is to be called then. An error before that is one clear text and exit status 1.
 */
export function runDaemon(program: ProgramSpec, pidFile: string, main: DaemonMain): void {
  // The log is written elsewhere; who reads what else is printed may go away.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const detached = DetachedStart.find();
  // Timers of the clock do not hold the process; until the work is done this does.
  const alive = setInterval(() => undefined, 2 ** 30);
  run(program, pidFile, main, detached)
    .finally(() => clearInterval(alive))
    .then(
      (status) => finish(status, ''),
      (error: unknown) => {
        const text = `${program.name}: ${error instanceof Error ? error.message : String(error)}\n`;
        detached?.failed(text);
        finish(1, text);
      },
    );
}

/** A failure that nobody expected ends the process, but not without a word in the log, which may be all that there is. */
export function logUnexpectedEnd(logger: Logger): void {
  process.on('uncaughtException', (error) => {
    logger.error('The program failed and ends', errorFields(error));
    if (process.stderr.isTTY) process.stderr.write(`${error.stack ?? error.message}\n`);
    process.exit(1);
  });
}

async function run(
  program: ProgramSpec,
  pidFile: string,
  main: DaemonMain,
  detached: DetachedStart | null,
): Promise<End> {
  const args = readDaemonArguments(program, pidFile, detached?.folder ?? process.cwd());
  if (typeof args === 'number') return args;
  if (args.foreground) return main(args, () => undefined);
  if (!detached) {
    const problem = await startDetached();
    if (problem === null) return 0;
    process.stderr.write(problem);
    return 1;
  }
  const own = await PidFile.acquire(args.pidFile);
  process.on('exit', () => own.release());
  const end = await main(args, () => detached.succeeded());
  own.release();
  return end;
}

function finish(end: End, text: string): void {
  process.exitCode = typeof end === 'number' ? end : 1;
  const last = (): void => {
    if (typeof end === 'number') process.exit(end);
    RunningGroups.killAll();
    process.removeAllListeners(end);
    process.kill(process.pid, end);
  };
  process.stderr.write(text, () => process.stdout.write('', last));
}
