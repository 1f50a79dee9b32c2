import type { Installation } from '../installation.js';
import type { Fitness } from './fitness.js';

/** Seconds within which a program that has ended runs again: the longest pause before a start, and the start. */
const PATIENCE = 180;

/** The program of a driver runs, or is started again by and by. */
export class ProgramWatch {
  /** Since when there has been none, by host and provider. */
  private missing = new Map<string, number>();

  constructor(private readonly fitness: Fitness) {}

  look({ world, draft, cast, launchers }: Installation): void {
    const now = world.clock.monotonic();
    const before = this.missing;
    this.missing = new Map();
    for (const { name, cloud } of draft.providers.filter(({ exec }) => exec === true)) {
      const having = cast.launchers.filter(({ providers }) => providers === 'all' || providers.includes(name));
      for (const { host } of having) {
        const process = launchers.find((launcher) => launcher.host === host)?.life?.process;
        if ([...world.programs].some((each) => each.provider === name && each.process === process)) continue;
        const key = `${host} ${name}`;
        const since = before.get(key) ?? now;
        this.missing.set(key, since);
        const late = now - Math.max(since, this.fitness.ofDaemon(host), this.fitness.ofCloud(cloud));
        if (late <= PATIENCE || !world.recentConfigs(late).every(({ providers }) => providers.has(name))) continue;
        world.chronicle.fail('programs run again', `${host} has had no program of ${name} for ${late} s`);
      }
    }
  }
}
