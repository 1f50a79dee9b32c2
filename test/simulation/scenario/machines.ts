import type { ProviderConfig } from '../../../src/domain/config/config.js';
import { aPool, aPoolLabel, aProvider, aStaticNode } from '../../support/builders.js';
import type { Dice } from '../kernel/dice.js';
import type { ClientKind } from './scenario.js';
import type { Deed, Step } from './steps.js';

/** The provider whose machines exist by themselves. */
export const LAB = 'lab';
/** Seconds within which a machine is to answer. */
export const MACHINE_TIMEOUT = 5;
const LABELS = ['bare', 'fast'];

export interface MachineDraft {
  /** Host and port tell machines apart. */
  readonly host: string;
  readonly port: number;
  readonly labels: readonly string[];
  readonly slots: number;
  /** Taken out of the configuration for a while. */
  absent: boolean;
  /** Taken out of it for good. */
  removed: boolean;
}

export function makeMachines(dice: Dice): readonly MachineDraft[] {
  return Array.from({ length: dice.whole(2, 4) }, (_, at) => ({
    // Two of them are ports of one host.
    host: `machine${Math.max(1, at)}`,
    port: at === 0 ? 2222 : 22,
    labels: at < 2 || dice.chance(0.6) ? LABELS.slice(0, dice.whole(1, 2)) : ['fast'],
    slots: dice.chance(0.3) ? 2 : 1,
    absent: false,
    removed: false,
  }));
}

export function isOffered({ absent, removed }: MachineDraft): boolean {
  return !absent && !removed;
}

export function labOf(machines: readonly MachineDraft[]): ProviderConfig {
  const nodes = machines.filter(isOffered).map(({ host, port, labels, slots }) =>
    aStaticNode(host, {
      ...{ labels, connectionPort: port, maxParallelJobs: slots, timeout: MACHINE_TIMEOUT },
      hostKeys: [keyOf(host)],
    }),
  );
  const labels = [...new Set(nodes.flatMap((node) => node.labels))];
  const pool = aPool({
    provider: LAB,
    labels: new Map(labels.map((name) => [name, aPoolLabel(name, { image: { kind: 'none' } })])),
    settings: { nodes },
  });
  return aProvider({ name: LAB, driver: 'static', managesImages: false, diskImages: new Map(), settings: {} }, pool);
}

export function keyOf(host: string): string {
  return `ssh-ed25519 KEY-OF-${host}`;
}

/** Who wants machines, and what becomes of them. */
export function makeMachineSteps(
  dice: Dice,
  machines: readonly MachineDraft[],
  clients: readonly { readonly name: string; readonly kind: ClientKind }[],
  from: number,
  end: number,
): Step[] {
  const wishes = Array.from({ length: dice.whole(4, 20) }, () => makeWish(dice, dice.pick(clients).name));
  const troubles = Array.from({ length: dice.whole(0, 6) }, () => makeTrouble(dice, dice.pick(machines)));
  return [...wishes, ...troubles].map((deed) => ({ at: dice.between(from, end), deed }));
}

function makeWish(dice: Dice, client: string): Deed {
  const wish = { relativePriority: 0, provider: null, tenant: null, hold: null };
  const label = dice.pick(LABELS);
  return {
    do: 'job',
    client,
    plan: {
      ...wish,
      labels: dice.chance(0.8) ? [label] : [label, dice.pick(LABELS)],
      priority: dice.pick(['100', '200']),
      work: dice.spread(0.5, 60),
      cancelAfter: dice.chance(0.1) ? dice.spread(0.1, 30) : null,
      hesitation: dice.chance(0.3) ? dice.spread(0.1, 20) : 0,
    },
  };
}

function makeTrouble(dice: Dice, { host, port }: MachineDraft): Deed {
  const fate = dice.weighted([
    [4, 'silent'],
    [2, 'stranger'],
    [3, 'absent'],
    [1, 'removed'],
  ] as const);
  return { do: 'machine', host, port, fate, seconds: dice.spread(3, 300) };
}
