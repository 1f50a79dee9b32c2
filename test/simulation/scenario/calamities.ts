import type { Dice } from '../kernel/dice.js';
import type { Scenario } from './scenario.js';
import type { Deed, Step } from './steps.js';

type Cast = Pick<Scenario, 'launchers' | 'builders' | 'clients'>;
type Maker = (dice: Dice, cast: Cast) => Deed;

const anyDaemon = (dice: Dice, { launchers, builders }: Cast): string =>
  dice.chance(0.7) ? dice.pick(launchers).host : dice.pick(builders);

const anybody = (dice: Dice, cast: Cast): string =>
  dice.chance(0.8) ? anyDaemon(dice, cast) : dice.pick(cast.clients).name;

const CALAMITIES: readonly (readonly [number, Maker])[] = [
  [3, (dice, cast) => ({ do: 'half-open', who: anybody(dice, cast), seconds: dice.spread(1, 60) })],
  [2, (dice, cast) => ({ do: 'full-disk', builder: dice.pick(cast.builders), seconds: dice.spread(10, 600) })],
  [2, (dice, cast) => ({ do: 'broken-config', who: anyDaemon(dice, cast), seconds: dice.spread(10, 300) })],
  [
    2,
    (dice, cast) => ({
      do: 'crash-loop',
      who: anyDaemon(dice, cast),
      seconds: dice.spread(10, 200),
      calls: Math.round(dice.spread(3, 100)),
      downFor: dice.spread(0.1, 10),
    }),
  ],
];

/** The store is lost, with everything in it. */
export function makeWipe(dice: Dice, from: number, end: number): Step[] {
  return dice.chance(0.06) ? [{ at: dice.between(from, end), deed: { do: 'wipe' } }] : [];
}

/** What goes wrong beside programs and clouds: links, disks, files, whole stores; in some worlds only. */
export function makeCalamities(dice: Dice, cast: Cast, from: number, end: number): Step[] {
  if (dice.chance(0.6)) return [];
  return Array.from({ length: dice.whole(1, 4) }, () => ({
    at: dice.between(from, end),
    deed: dice.weighted(CALAMITIES)(dice, cast),
  }));
}
