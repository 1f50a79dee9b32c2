import type { Random } from '../../../src/ports/runtime/random.js';

export const LAUNCHERS = ['launcher-a', 'launcher-b'] as const;
export type FaultTarget = (typeof LAUNCHERS)[number] | 'builder' | 'zookeeper';

/** `kill`: -9, and started again. `stop`: SIGSTOP, and let go on. `silence`: its link to ZooKeeper is half open. */
export type FaultKind = 'kill' | 'stop' | 'silence';

export interface Fault {
  readonly kind: FaultKind;
  readonly target: FaultTarget;
  /** Seconds after the one before. */
  readonly pause: number;
  /** Seconds until it is over, or what was killed is started again. */
  readonly lasts: number;
}

type Card = readonly [FaultKind, 'launcher' | 'builder' | 'zookeeper', number];

/** 20 kills and stops, and three half-open links. */
const DECK: readonly Card[] = [
  ['kill', 'launcher', 7],
  ['stop', 'launcher', 4],
  ['kill', 'builder', 2],
  ['stop', 'builder', 2],
  ['kill', 'zookeeper', 3],
  ['stop', 'zookeeper', 2],
  ['silence', 'launcher', 2],
  ['silence', 'builder', 1],
];

/** Seconds. */
const LONGEST_PAUSE = 2.5;
const LONGEST_AWAY = 1.5;
const BEYOND = 1.5;

/** So many decks one after the other, each shuffled. The same random numbers give the same plan. @param session seconds */
export function planFaults(random: Random, decks: number, session: number): readonly Fault[] {
  return Array.from({ length: decks }, () => deal(random, session)).flat();
}

function deal(random: Random, session: number): readonly Fault[] {
  const cards = DECK.flatMap(([kind, role, count]) => Array.from({ length: count }, () => ({ kind, role })));
  return shuffled(cards, random).map(({ kind, role }) => ({
    kind,
    target: role === 'launcher' ? LAUNCHERS[random.next() < 0.5 ? 0 : 1] : role,
    pause: rounded(random.next() * LONGEST_PAUSE),
    lasts: rounded(kind === 'kill' ? random.next() * LONGEST_AWAY : session + 0.5 + random.next() * BEYOND),
  }));
}

function shuffled<T>(values: readonly T[], random: Random): readonly T[] {
  return values
    .map((value) => ({ value, at: random.next() }))
    .sort((left, right) => left.at - right.at)
    .map(({ value }) => value);
}

function rounded(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
