import type { BuildJob, BuildResult, ImageBuilder } from '../../ports/image-building/image-builder.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Clock, CancelTimer } from '../../ports/runtime/clock.js';
import type { FileSink } from './file-sink.js';

/** The sums that the fake script of the original wrote (spec BUILDER 2.8). */
const MD5 = '10da41d43d4bd6d67db763616c18b72f';
const SHA256 = '0033e9d444953d11689b5fa6a6dba32bf901582f62b0825bc35f593190b1f7dc';

/** Builds nothing: writes small files with the names diskimage-builder would give them (`--fake`, quickstart, simulation). */
export class FakeImageBuilder implements ImageBuilder {
  /** Every job that was started, oldest first. */
  readonly jobs: BuildJob[] = [];
  /** Seconds a build takes. */
  duration = 0;
  /** Builds started while this is set end only by abort or time-out. */
  hang = false;
  /** Formats that builds forget to write. */
  omit: readonly string[] = [];
  private failures: number[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly sink: FileSink,
  ) {}

  /** The next `times` builds write nothing and end with this code. */
  failNext(times = 1, exitCode = 127): void {
    for (let n = 0; n < times; n += 1) this.failures.push(exitCode);
  }

  /** Builds work again. */
  stopFailing(): void {
    this.failures = [];
  }

  async build(job: BuildJob, signal: AbortSignal): Promise<BuildResult> {
    this.jobs.push(job);
    const exitCode = this.failures.shift() ?? 0;
    const ended = await waitForEnd(this.clock, this.hang ? Infinity : this.duration, job.image.buildTimeout, signal);
    if (ended === 'aborted') {
      return { outcome: 'failed', exitCode: -9, problem: `the build was ended: ${asError(signal.reason).message}` };
    }
    if (ended === 'timed-out') return { outcome: 'timed-out', exitCode: 1, problem: 'the build took too long' };
    await this.sink.append(job.logFile, `fake build of ${job.image.name}-${job.buildId}\n`);
    if (exitCode === 0) await this.writeFiles(job);
    await this.sink.append(job.logFile, `Exit code: ${exitCode}\n`);
    if (exitCode === 0) return { outcome: 'built', exitCode };
    return { outcome: 'failed', exitCode, problem: `the command ended with exit code ${exitCode}` };
  }

  private async writeFiles(job: BuildJob): Promise<void> {
    const base = `${job.imagesDir}/${job.image.name}-${job.buildId}`;
    for (const format of job.image.formats.filter((name) => !this.omit.includes(name))) {
      await this.sink.write(`${base}.${format}`, 'fake-data\n');
      await this.sink.write(`${base}.${format}.md5`, `${MD5}  ${base}.${format}\n`);
      await this.sink.write(`${base}.${format}.sha256`, `${SHA256}  ${base}.${format}\n`);
    }
    await this.sink.makeDirectory(`${base}.d`);
  }
}

/** Waits for the duration, the time limit or the abort, whichever is first. */
function waitForEnd(
  clock: Clock,
  duration: number,
  limit: number,
  signal: AbortSignal,
): Promise<'done' | 'timed-out' | 'aborted'> {
  return new Promise((resolve) => {
    const timers: CancelTimer[] = [];
    const finish = (how: 'done' | 'timed-out' | 'aborted'): void => {
      for (const cancel of timers) cancel();
      signal.removeEventListener('abort', onAbort);
      resolve(how);
    };
    const onAbort = (): void => finish('aborted');
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    if (duration <= 0) return finish('done');
    if (Number.isFinite(limit)) timers.push(clock.schedule(limit, () => finish('timed-out')));
    if (Number.isFinite(duration)) timers.push(clock.schedule(duration, () => finish('done')));
  });
}
