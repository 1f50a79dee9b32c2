import type { StoredBuild } from '../../domain/model/image.js';
import type { ImageCommands } from '../../ports/administration/commands.js';
import type {
  BuildEnding,
  BuildProgress,
  DeletionProgress,
  OrderProgress,
} from '../../ports/administration/order-progress.js';
import type { Records } from '../../ports/records/records.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { Wakeup } from '../../ports/toolkit/wakeup.js';

/** Follows orders in the mirrors of the records: woken by changes, never by a timer. */
export class OrderFollowers implements OrderProgress {
  constructor(
    private readonly records: Records,
    private readonly images: Pick<ImageCommands, 'build'>,
    private readonly clock: Clock,
  ) {}

  async build(image: string, report: (progress: BuildProgress) => void, signal?: AbortSignal): Promise<BuildEnding> {
    const { images, builders } = this.records;
    const build = new FollowedBuild(this.records, image);
    await this.images.build(image);
    const subscribe = (wake: () => void): (() => void) => {
      const ends = [images.view.onChange(wake), builders.view.onChange(wake)];
      return () => ends.forEach((end) => end());
    };
    let again = true;
    return this.follow(subscribe, signal, async () => {
      const seen = build.check();
      if (seen.kind === 'withdrawn') {
        // The mirror may show the end of the order before the build that it led to; the store does not.
        if (build.hasBegun(await images.builds.list(image))) return undefined;
        // A builder that has just finished removes the order that it finds, and may have taken ours for the one before.
        if (!again) return seen;
        again = false;
        build.forgetOrder();
        await this.images.build(image);
        return undefined;
      }
      if (seen.kind !== 'waiting' && seen.kind !== 'building') return seen;
      report(seen);
      return undefined;
    });
  }

  async deletion(id: string, report: (progress: DeletionProgress) => void, signal?: AbortSignal): Promise<void> {
    const { view } = this.records.nodes;
    await this.follow(
      (wake) => view.onChange(wake),
      signal,
      () => {
        const node = view.get(id);
        // A mirror that is being read anew shows nothing; that says nothing.
        if (!node && view.complete) return true;
        if (node) report({ state: node.value.state, locked: view.locked(id) });
        return undefined;
      },
    );
  }

  /** Looks at once and after every change until there is something to answer. */
  private async follow<T>(
    subscribe: (wake: () => void) => () => void,
    signal: AbortSignal | undefined,
    check: () => T | undefined | Promise<T | undefined>,
  ): Promise<T> {
    const wakeup = new Wakeup(this.clock);
    const unsubscribe = subscribe(() => wakeup.wake());
    try {
      for (;;) {
        const found = await check();
        if (found !== undefined) return found;
        await wakeup.wait(Infinity, signal ?? new AbortController().signal);
      }
    } finally {
      unsubscribe();
    }
  }
}

/** The first build of an image that began after we came to look. */
class FollowedBuild {
  private readonly before: ReadonlySet<string>;
  private readonly underWay: ReadonlySet<string>;
  private ours: string | undefined;
  private ordered = false;

  constructor(
    private readonly records: Records,
    private readonly image: string,
  ) {
    const builds = this.builds();
    this.before = new Set(builds.map(({ build }) => build));
    this.underWay = new Set(builds.filter(({ value }) => value.state === 'building').map(({ build }) => build));
  }

  hasBegun(builds: readonly StoredBuild[]): boolean {
    return builds.some(({ build }) => !this.before.has(build));
  }

  /** It is given once more; until the mirror shows it, its absence means nothing. */
  forgetOrder(): void {
    this.ordered = false;
  }

  check(): BuildProgress | BuildEnding {
    const { view } = this.records.images;
    const builds = this.builds();
    this.ours ??= builds.find(({ build }) => !this.before.has(build))?.build;
    if (this.ours !== undefined) return this.progressOf(this.ours, builds);
    const ordered = view.buildRequested(this.image) !== undefined;
    if (this.ordered && !ordered && view.complete) return this.withoutOrder(builds);
    this.ordered ||= ordered;
    return { kind: 'waiting', paused: view.paused(this.image), held: this.problem() };
  }

  /** Orders are one: if an earlier one was being carried out already, its build took ours along. */
  private withoutOrder(builds: readonly StoredBuild[]): BuildEnding {
    const done = builds.find(({ build, value }) => this.underWay.has(build) && value.state === 'ready');
    if (!done) return { kind: 'withdrawn' };
    return { kind: 'built', build: done.build, formats: done.value.formats };
  }

  private progressOf(build: string, builds: readonly StoredBuild[]): BuildProgress | BuildEnding {
    const record = builds.find((candidate) => candidate.build === build)?.value;
    if (record?.state === 'building') return { kind: 'building', build, builder: record.builder };
    if (record?.state === 'ready') return { kind: 'built', build, formats: record.formats };
    if (!record && !this.records.images.view.complete) return { kind: 'building', build, builder: null };
    // Failed, on its way out, or swept away already.
    return { kind: 'failed', build, problem: this.problem() };
  }

  private builds(): readonly StoredBuild[] {
    return this.records.images.view.builds(this.image);
  }

  private problem(): string | null {
    const problems = this.records.builders.view.problems();
    return problems.find(({ image, provider }) => image === this.image && provider === null)?.problem ?? null;
  }
}
