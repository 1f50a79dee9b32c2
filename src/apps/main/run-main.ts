import { visible } from '../../domain/presentation/visible-text.js';

/**
 * Runs an executable: its answer is the exit status, an error is one clear text on stderr and status 1. Ends the process even if a
 * foreign library still holds something open.
 */
export function runMain(name: string, main: () => Promise<number>): void {
  // A reader that went away (`nodepool list | head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  // Timers of the clock do not hold the process; until the work is done this does.
  const alive = setInterval(() => undefined, 2 ** 30);
  main()
    .finally(() => clearInterval(alive))
    .then(
      (status) => finish(status),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        process.stderr.write(`${name}: ${visible(message, '\n\t')}\n`);
        finish(1);
      },
    );
}

function finish(status: number): void {
  process.exitCode = status;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(status)));
}
