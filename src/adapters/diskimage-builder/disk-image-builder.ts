import type { BuildJob, BuildResult, ImageBuilder } from '../../ports/image-building/image-builder.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { ProcessOutcome, ProcessRunner } from '../../ports/runtime/process-runner.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { BuildLog } from './build-log.js';
import { dibArgv, dibEnvironment, displayCommand } from './dib-command.js';
import type { Argv } from './dib-command.js';

export interface DiskImageBuilderOptions {
  readonly processes: ProcessRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The builder's own environment, which builds inherit. */
  readonly environment: Readonly<Record<string, string>>;
  /** What `%p` in `dib-cmd` stands for: the folder of the builder program. */
  readonly programDir?: string;
}

/** Seconds for the command to unmount and to free its loop devices when it has to end early. */
const END_GRACE = 30;
/** Less room than this is too little for any image; `images-min-free` overrides it. */
const LEAST_ROOM = 1024 ** 3;

/** Runs diskimage-builder's `disk-image-create` or whatever `dib-cmd` says (spec BUILDER 2.5). */
export class DiskImageBuilder implements ImageBuilder {
  readonly leastRoom = LEAST_ROOM;

  constructor(private readonly options: DiskImageBuilderOptions) {}

  async build(job: BuildJob, signal: AbortSignal): Promise<BuildResult> {
    let log: BuildLog | undefined;
    try {
      const argv = dibArgv(job, this.options.programDir ?? import.meta.dirname);
      log = await BuildLog.open(job.logFile);
      return await this.run(job, argv, log, signal);
    } catch (error) {
      return notStarted(job.image.dibCmd, asError(error).message);
    } finally {
      const trouble = await log?.close();
      if (trouble !== undefined) {
        this.options.logger.warn('The build log is incomplete', { log: job.logFile, ...errorFields(trouble) });
      }
    }
  }

  private async run(job: BuildJob, argv: Argv, log: BuildLog, signal: AbortSignal): Promise<BuildResult> {
    const { clock, logger, processes } = this.options;
    logger.info(`Running ${displayCommand(argv)}`, { image: job.image.name, build: job.buildId });
    logger.info(`Logging to ${job.logFile}`, { image: job.image.name, build: job.buildId });
    const limit = new AbortController();
    const stop = (): void => limit.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const cancel = clock.schedule(job.image.buildTimeout, () => limit.abort(new Error('build-timeout')));
    try {
      const outcome = await processes.run(
        {
          argv: [...argv],
          env: dibEnvironment(job, this.options.environment),
          endGrace: END_GRACE,
          onOutput: (chunk) => log.append(chunk),
        },
        limit.signal,
      );
      return this.conclude(job, outcome, log, signal);
    } finally {
      cancel();
      signal.removeEventListener('abort', stop);
    }
  }

  private conclude(job: BuildJob, outcome: ProcessOutcome, log: BuildLog, signal: AbortSignal): BuildResult {
    switch (outcome.kind) {
      case 'not-started':
        return notStarted(job.image.dibCmd, outcome.problem);
      case 'aborted':
        return signal.aborted ? stopped(asError(signal.reason)) : this.timedOut(job);
      case 'exited':
      case 'signalled':
        return exited(outcome.kind === 'exited' ? outcome.code : -outcome.signalNumber, log);
    }
  }

  private timedOut(job: BuildJob): BuildResult {
    const problem = `the build took longer than ${job.image.buildTimeout} s and was killed`;
    this.options.logger.error(`Build timeout: ${problem}`, {
      image: job.image.name,
      build: job.buildId,
      log: job.logFile,
    });
    return { outcome: 'timed-out', exitCode: 1, problem };
  }
}

function exited(exitCode: number, log: BuildLog): BuildResult {
  log.append(`Exit code: ${exitCode}\n`);
  if (exitCode === 0) return { outcome: 'built', exitCode };
  const problem = exitCode > 0 ? `the command ended with exit code ${exitCode}` : `killed by signal ${-exitCode}`;
  return { outcome: 'failed', exitCode, problem };
}

/** We ended it ourselves: the group got SIGKILL. */
function stopped(reason: Error): BuildResult {
  return { outcome: 'failed', exitCode: -9, problem: `the build was ended: ${reason.message}` };
}

function notStarted(command: string, problem: string): BuildResult {
  return { outcome: 'not-started', exitCode: null, problem: `Failed to exec '${command}'. Error: '${problem}'` };
}
