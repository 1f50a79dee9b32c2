import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createsAllowed,
  circuitsBefore,
  breakerAfter,
  isHanging,
  permissionFor,
  SILENT_AFTER,
  ALL_CLOSED,
} from '../../../src/domain/decide/circuit-breaker.js';
import type { BreakerState, Permission, Zone } from '../../../src/domain/decide/circuit-breaker.js';

const ZONE = 'az1';

/** A breaker under a clock that the test turns. */
class Governed {
  state: BreakerState = ALL_CLOSED;
  now = 0;

  begin(zone: Zone = ZONE): Permission {
    const permission = permissionFor(this.state, zone, this.now);
    this.state = breakerAfter(this.state, { kind: 'begun', permission, at: this.now });
    return permission;
  }

  accept(permission: Permission): void {
    this.state = breakerAfter(this.state, { kind: 'accepted', permission, at: this.now });
  }

  refuse(permission: Permission, cause: 'capacity' | 'rate' = 'capacity', retryAfter?: number): void {
    const told = { permission, cause, retryAfter, problem: 'no', accepted: false, at: this.now, random: 0.5 };
    this.state = breakerAfter(this.state, { kind: 'refused', ...told });
  }

  succeed(permission: Permission): void {
    this.accept(permission);
    this.state = breakerAfter(this.state, { kind: 'running', permission, at: this.now });
  }

  expire(permission: Permission): void {
    this.state = breakerAfter(this.state, { kind: 'expired', permission, at: this.now, random: 0.5 });
  }

  allowed(zone: Zone = ZONE): number {
    return createsAllowed(this.state, zone, this.now);
  }

  /** Waits until a create may begin; answers for how long. */
  untilAllowed(zone: Zone = ZONE): number {
    const started = this.now;
    while (this.allowed(zone) <= 0 && this.now - started < 10_000) this.now += 0.25;
    return this.now - started;
  }
}

describe('after the cloud had no room', () => {
  it('nothing is created for a while, then one at a time, with growing, bounded pauses', () => {
    const governed = new Governed();
    expect(governed.allowed()).toBe(Infinity);
    governed.refuse(governed.begin());
    const pauses: number[] = [];
    for (let probe = 0; probe < 7; probe += 1) {
      pauses.push(governed.untilAllowed());
      expect(governed.allowed()).toBe(1);
      const permission = governed.begin();
      expect(governed.allowed()).toBe(0);
      governed.refuse(permission);
    }
    expect(pauses).toEqual([5, 10, 20, 40, 60, 60, 60]);
  });

  it('a success lets twice as many through, and in the end all', () => {
    const governed = new Governed();
    governed.refuse(governed.begin());
    governed.untilAllowed();
    const windows: number[] = [];
    for (let round = 0; round < 12 && governed.allowed() !== Infinity; round += 1) {
      windows.push(governed.allowed());
      governed.succeed(governed.begin());
    }
    expect(windows).toEqual([1, 2, 4, 8, 16, 32]);
    expect(governed.allowed()).toBe(Infinity);
  });

  it('creates that were under way already do not lengthen the pauses', () => {
    const governed = new Governed();
    const burst = Array.from({ length: 50 }, () => governed.begin());
    for (const permission of burst) governed.refuse(permission);
    expect(governed.untilAllowed()).toBe(5);
    expect(circuitsBefore(governed.state, ZONE)[0]).toMatchObject({ refusals: 1, pause: 5 });
  });

  it('other zones go on', () => {
    const governed = new Governed();
    governed.refuse(governed.begin());
    expect([governed.allowed(), governed.allowed('az2'), governed.allowed(null)]).toEqual([0, Infinity, Infinity]);
  });

  it('room that was freed is filled at once, and no more than that', () => {
    const governed = new Governed();
    governed.refuse(governed.begin());
    governed.state = breakerAfter(governed.state, { kind: 'freed', zone: ZONE });
    expect(governed.allowed()).toBe(1);
    governed.succeed(governed.begin());
    expect(governed.allowed()).toBe(0);
    governed.state = breakerAfter(governed.state, { kind: 'freed', zone: 'az2' });
    expect(governed.allowed()).toBe(0);
  });

  it('a probe that takes very long does not keep the next one waiting', () => {
    const governed = new Governed();
    governed.refuse(governed.begin());
    governed.untilAllowed();
    governed.begin();
    expect(governed.untilAllowed()).toBe(60);
  });

  it('an old trouble is forgotten', () => {
    const governed = new Governed();
    governed.refuse(governed.begin());
    governed.now += 3600;
    expect(governed.allowed()).toBe(Infinity);
    governed.refuse(governed.begin());
    expect(circuitsBefore(governed.state, ZONE)[0]).toMatchObject({ refusals: 1, since: 3600 });
  });
});

describe('after too many calls', () => {
  it('no zone is asked, for as long as the cloud says', () => {
    const governed = new Governed();
    governed.refuse(governed.begin(), 'rate', 30);
    expect(governed.allowed('az2')).toBe(0);
    const pause = governed.untilAllowed();
    expect(pause).toBeGreaterThanOrEqual(30);
    expect(pause).toBeLessThan(33);
  });

  it('a cloud that asks for years is asked again within little more than an hour', () => {
    const governed = new Governed();
    governed.refuse(governed.begin(), 'rate', 1e9);
    expect(governed.untilAllowed()).toBeLessThan(3610);
  });

  it('deletes that are refused hold creates back, too', () => {
    const governed = new Governed();
    const told = { problem: '429', at: 0, random: 0.5, retryAfter: 20 };
    governed.state = breakerAfter(governed.state, { kind: 'other-refused', ...told });
    expect(governed.untilAllowed()).toBeGreaterThanOrEqual(20);
  });
});

describe('when nothing is answered', () => {
  it('creates are held back, until there is an answer', () => {
    const governed = new Governed();
    const hanging = [governed.begin(), governed.begin('az2')];
    governed.now = SILENT_AFTER - 1;
    expect(isHanging(governed.state, governed.now)).toBe(false);
    governed.now = SILENT_AFTER;
    expect(isHanging(governed.state, governed.now)).toBe(true);
    governed.state = breakerAfter(governed.state, { kind: 'hung', at: governed.now, random: 0.5 });
    expect(governed.allowed()).toBe(0);
    governed.state = breakerAfter(governed.state, { kind: 'other-answered', at: governed.now });
    expect(governed.allowed()).toBe(1);
    hanging.forEach((permission) => governed.expire(permission));
  });

  it('a probe that gets no answer either is no reason to wait for it', () => {
    const governed = new Governed();
    governed.begin();
    governed.now = SILENT_AFTER;
    governed.state = breakerAfter(governed.state, { kind: 'hung', at: governed.now, random: 0.5 });
    expect(governed.untilAllowed()).toBe(10);
    governed.begin();
    governed.now += SILENT_AFTER;
    expect(isHanging(governed.state, governed.now)).toBe(true);
    governed.state = breakerAfter(governed.state, { kind: 'hung', at: governed.now, random: 0.5 });
    expect(governed.untilAllowed()).toBe(20);
  });

  it('one create of many that has no answer makes nothing silent', () => {
    const governed = new Governed();
    const lost = governed.begin();
    for (governed.now = 1; governed.now < 200; governed.now += 10) {
      governed.succeed(governed.begin());
      expect(isHanging(governed.state, governed.now)).toBe(false);
    }
    governed.expire(lost);
    expect(governed.allowed()).toBe(Infinity);
  });

  it('a list that reaches its deadline counts unless something else was answered meanwhile', () => {
    const governed = new Governed();
    governed.now = 100;
    const told = { kind: 'other-expired', at: 100, random: 0.5 } as const;
    const answered = breakerAfter(governed.state, { kind: 'other-answered', at: 60 });
    expect(breakerAfter(answered, { ...told, askedAt: 40 }).circuits.size).toBe(0);
    expect(breakerAfter(answered, { ...told, askedAt: 80 }).circuits.size).toBe(1);
  });
});

describe('whatever happens', () => {
  const deed = fc.record({
    what: fc.constantFrom('begin', 'succeed', 'capacity', 'rate', 'expire', 'cancel', 'freed', 'answered'),
    zone: fc.constantFrom('az1', 'az2'),
    wait: fc.integer({ min: 0, max: 90 }),
  });

  it('no count goes below nothing, and creating goes on in the end', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 120 }), (deeds) => {
        const governed = new Governed();
        const underway: Permission[] = [];
        for (const { what, zone, wait } of deeds) {
          governed.now += wait;
          const permission = underway[0];
          if (what === 'begin') {
            if (governed.allowed(zone) > 0) underway.push(governed.begin(zone));
          } else if (what === 'freed') governed.state = breakerAfter(governed.state, { kind: 'freed', zone });
          else if (what === 'answered') {
            governed.state = breakerAfter(governed.state, { kind: 'other-answered', at: governed.now });
          } else if (permission) {
            underway.shift();
            if (what === 'succeed') governed.succeed(permission);
            else if (what === 'expire') governed.expire(permission);
            else if (what === 'cancel') {
              const told = { permission, at: governed.now, accepted: false, answered: false };
              governed.state = breakerAfter(governed.state, { kind: 'ended', ...told });
            } else governed.refuse(permission, what);
          }
          expect(governed.state.unanswered).toBe(underway.length);
          for (const circuit of governed.state.circuits.values()) {
            expect(circuit.underway).toBeGreaterThanOrEqual(0);
            expect(circuit.credits).toBeGreaterThanOrEqual(0);
          }
        }
        for (const permission of underway) governed.refuse(permission);
        for (const zone of ['az1', 'az2']) {
          for (let left = 20; left > 0 && governed.allowed(zone) !== Infinity; left -= 1) {
            expect(governed.untilAllowed(zone)).toBeLessThan(200);
            governed.succeed(governed.begin(zone));
          }
        }
        expect(governed.allowed('az1')).toBeGreaterThanOrEqual(16);
      }),
      { numRuns: 300 },
    );
  });
});
