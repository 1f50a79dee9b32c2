import type { Resources } from '../../domain/model/quota.js';
import type { Random } from '../../ports/runtime/random.js';
import { DEFAULT_FLAVORS } from './fake-flavor.js';
import type { FakeFlavor } from './fake-flavor.js';

/** Seconds: fixed, or drawn anew each time between two bounds. */
export type FakeDuration = number | { readonly min: number; readonly max: number };

/** Everything about a fake cloud that can be set, at creation and while it runs. */
export interface FakeKnobs {
  /** From accepting a create until the server is active. */
  readonly bootTime: FakeDuration;
  /** From accepting a delete until the server is gone. */
  readonly deleteTime: FakeDuration;
  /** Of each call; its effect is at half time. */
  readonly apiLatency: FakeDuration;
  readonly uploadTime: FakeDuration;
  /** The account's limits; a missing key is unlimited. */
  readonly quota: Resources;
  readonly zones: readonly string[];
  /** Zones without room: servers end in an error there. */
  readonly fullZones: readonly string[];
  /** What the cloud's machines have room for, all zones together; beyond it servers end in an error. A missing key is unlimited. */
  readonly capacity: Resources;
  /** Creates and deletes that are answered within a minute; more are refused, and told how long to wait. */
  readonly rateLimit: number;
  readonly flavors: readonly FakeFlavor[];
  /** Names or ids of cloud images that do not exist; all others do. */
  readonly missingImages: readonly string[];
  /**
   * May servers be made from disk images this cloud has not seen? Launcher and builder run in processes of their own, each with a
   * fake cloud of its own, so by default they may. Images that were deleted here are refused in any case.
   */
  readonly unknownImages: 'accept' | 'refuse';
  /** Seconds until a new server shows in lists. */
  readonly listLag: number;
  /** Seconds a deleted server still shows in lists. */
  readonly listAfterglow: number;
  /** Chance of each server to be left out of a list. */
  readonly listOmission: number;
  /** Chance of a delete to be reported done while the server stays. */
  readonly leakProbability: number;
  /** Leave host keys unknown, so that the launcher has to scan for them. */
  readonly scanHostKeys: boolean;
  readonly consoleText: string | null;
}

/** As the fake cloud always was (spec BUILDER 6.14). */
export const DEFAULT_KNOBS: FakeKnobs = {
  bootTime: 0.1,
  deleteTime: 0,
  apiLatency: 0,
  uploadTime: 0,
  quota: { instances: 20, cores: 100, ram: 1_000_000 },
  zones: ['az1', 'az2'],
  fullZones: [],
  capacity: {},
  rateLimit: Infinity,
  flavors: DEFAULT_FLAVORS,
  missingImages: [],
  unknownImages: 'accept',
  listLag: 0,
  listAfterglow: 0,
  listOmission: 0,
  leakProbability: 0,
  scanHostKeys: false,
  consoleText: 'fake console log\n',
};

export function draw(duration: FakeDuration, random: Random): number {
  if (typeof duration === 'number') return duration;
  return duration.min + random.next() * (duration.max - duration.min);
}
