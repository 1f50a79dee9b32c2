import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { Reconnection } from '../../../src/adapters/zookeeper/wire/reconnection.js';

/** How a server meets a try to connect: when, in seconds, the try comes to an end, and how. */
interface Meeting {
  readonly after: number;
  readonly taken?: boolean;
  /** It took the connection and hung up. */
  readonly snubbed?: boolean;
}

const REFUSED: Meeting = { after: 0 };
const SILENT: Meeting = { after: Infinity };

let clock: VirtualClock;
/** When a try began, and how long the server was given. */
let tries: { at: number; patience: number }[];

beforeEach(() => {
  clock = new VirtualClock();
  tries = [];
});

function reconnect(meet: () => Meeting): Reconnection {
  const reconnection: Reconnection = new Reconnection(
    {
      servers: [{ host: 'zk', port: 2181 }],
      resolve: (servers) => Promise.resolve(servers),
      sessionTimeout: 30,
      clock,
      random: { next: () => 0.5, hexId: () => '', uuid: () => '' },
    },
    (_server, patience) => {
      tries.push({ at: clock.monotonic(), patience });
      const { after, taken = false, snubbed = false } = meet();
      return new Promise((resolve) => {
        clock.schedule(Math.min(after, patience), () => {
          if (snubbed) reconnection.soon();
          resolve(taken && after <= patience);
        });
      });
    },
  );
  reconnection.begin();
  return reconnection;
}

/** Seconds between tries. */
const rounded = (seconds: readonly number[]): readonly number[] => seconds.map((each) => Number(each.toFixed(3)));
const patiences = (): readonly number[] => rounded(tries.map(({ patience }) => patience));
const gaps = (): readonly number[] => tries.slice(1).map(({ at }, index) => at - (tries[index]?.at ?? 0));

describe('after a connection was lost', () => {
  it('a server that refuses is tried four times a second at most, so that it is found soon after it listens', async () => {
    reconnect(() => REFUSED);
    await clock.advance(60);
    expect(rounded(gaps().slice(0, 4))).toEqual([0.05, 0.1, 0.2, 0.25]);
    expect(Math.max(...gaps())).toBeCloseTo(0.25);
    expect(tries.length).toBeLessThanOrEqual(60 * 4 + 5);
  });

  it('one that hangs up, for it has just begun, is tried again at once, but not for ever', async () => {
    reconnect(() => (clock.monotonic() < 5 ? REFUSED : { after: 0.001, snubbed: true }));
    await clock.advance(60);
    const late = rounded(gaps()).filter((_, index) => (tries[index]?.at ?? 0) > 5.3);
    expect(late.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 0.051));
    expect(late.slice(70)).toEqual(Array.from({ length: late.length - 70 }, () => 0.251));
  });

  it('one that takes a connection and never says a word gets another, and ever more time', async () => {
    reconnect(() => SILENT);
    await clock.advance(60);
    expect(patiences().slice(0, 5)).toEqual([0.25, 0.5, 1, 2, 4]);
    // All servers must have had their turn before the session is over.
    expect(Math.max(...patiences())).toBe(20);
  });

  it('one that is slow by nature gets twice the time it took, when it is lost again', async () => {
    const slow = reconnect(() => ({ after: 0.8, taken: true }));
    await clock.advance(10);
    expect(patiences()).toEqual([0.25, 0.5, 1]);
    slow.begin();
    await clock.advance(10);
    expect(patiences().slice(3)).toEqual([1.6]);
  });
});
