import type { Clock } from '../../ports/runtime/clock.js';
import type { Random } from '../../ports/runtime/random.js';
import { FakeCloud } from './fake-cloud.js';
import type { FakeKnobs } from './fake-knobs.js';
import { readFakeSettings } from './fake-settings.js';

interface Applied {
  readonly section: string;
  readonly takeBack: readonly (() => void)[];
}

/** The fake clouds of one process, by name. */
export class FakeClouds {
  private readonly clouds = new Map<string, FakeCloud>();
  private readonly applied = new Map<string, Applied>();

  /** @param knobs of every cloud at its creation */
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly knobs: Partial<FakeKnobs> = {},
  ) {}

  get all(): readonly FakeCloud[] {
    return [...this.clouds.values()];
  }

  /** The cloud of that name, made at the first mention. */
  cloud(name: string): FakeCloud {
    let cloud = this.clouds.get(name);
    if (!cloud) this.clouds.set(name, (cloud = new FakeCloud(name, this.clock, this.random, this.knobs)));
    return cloud;
  }

  /**
   * Applies a provider's `fake` section to its cloud, once per content: several users of one configuration (launcher, builder) apply
   * it together, and what was set at run time stays. Providers of one cloud share its knobs; the last one wins.
   * @throws ProviderError kind `configuration`
   */
  configure(name: string, provider: string, section: unknown): FakeCloud {
    const { knobs, faults } = readFakeSettings(provider, section);
    const cloud = this.cloud(name);
    const text = JSON.stringify([name, section ?? null]);
    const before = this.applied.get(provider);
    if (before?.section === text) return cloud;
    for (const takeBack of before?.takeBack ?? []) takeBack();
    cloud.set(knobs);
    this.applied.set(provider, { section: text, takeBack: faults.map((fault) => cloud.addFault(fault)) });
    return cloud;
  }
}
