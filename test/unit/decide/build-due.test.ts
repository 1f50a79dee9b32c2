import { describe, expect, it } from 'vitest';
import { backoffAfterFailure, holdsBack, LONGEST_BACKOFF } from '../../../src/domain/decide/build-backoff.js';
import { buildDue } from '../../../src/domain/decide/build-due.js';
import type { BuildDueInput } from '../../../src/domain/decide/build-due.js';
import { aDiskImage } from '../../support/builders.js';
import { aBuild } from './image-makers.js';

function decide(change: Partial<BuildDueInput> = {}): ReturnType<typeof buildDue> {
  return buildDue({
    image: aDiskImage({ rebuildAge: 100 }),
    builds: [],
    paused: false,
    requestedAt: undefined,
    backoff: undefined,
    now: 1000,
    ...change,
  });
}

function codes(decision: { readonly because: readonly { readonly code: string }[] }): readonly string[] {
  return decision.because.map((reason) => reason.code);
}

describe('when an image is built', () => {
  it('builds an image that has no ready build [BUILDER 43]', () => {
    const decision = decide({ builds: [aBuild('a', { state: 'failed' }), aBuild('b', { state: 'building' })] });
    expect(decision).toMatchObject({ verdict: 'build', kind: 'scheduled', newest: null });
    expect(codes(decision)).toEqual(['NO_READY_BUILD']);
  });

  it('waits until the newest ready build has reached rebuild-age, and knows when that is [BUILDER 45]', () => {
    const builds = [aBuild('old', { stateTime: 100 }), aBuild('new', { stateTime: 950 })];
    const fresh = decide({ builds });
    expect(fresh).toMatchObject({ verdict: 'wait', newest: 'new', again: 1050 });
    expect(fresh.because).toEqual([{ code: 'BUILD_FRESH', image: 'image', build: 'new', age: 50, rebuildAge: 100 }]);
    expect(decide({ builds, now: 1049.9 }).verdict).toBe('wait');
    expect(decide({ builds, now: 1050 })).toMatchObject({ verdict: 'build', kind: 'scheduled', newest: 'new' });
  });

  it.each([1e18, -1, NaN, Infinity])(
    'takes a build whose time is %d, which nobody can know, for older than any other [CASE state_time 1e18]',
    (stateTime) => {
      const strange = aBuild('strange', { stateTime });
      expect(decide({ builds: [strange] })).toMatchObject({ verdict: 'build', kind: 'scheduled' });
      expect(decide({ builds: [strange, aBuild('ours', { stateTime: 990 })] })).toMatchObject({
        verdict: 'wait',
        newest: 'ours',
      });
    },
  );

  it('rebuilds for a format that is missing, not for one too many [BUILDER 46]', () => {
    const image = aDiskImage({ formats: ['qcow2', 'vhd'] });
    const missing = decide({ image, builds: [aBuild('a', { formats: ['qcow2'] })] });
    expect(missing.verdict).toBe('build');
    expect(missing.because).toEqual([{ code: 'FORMAT_MISSING', image: 'image', build: 'a', formats: ['vhd'] }]);
    expect(decide({ image, builds: [aBuild('a', { formats: ['qcow2', 'raw', 'vhd'] })] }).verdict).toBe('wait');
  });

  it('does not rebuild for other elements or environment [BUILDER 47]', () => {
    const image = aDiskImage({ elements: ['other'], envVars: { A: '1' }, release: 'new' });
    expect(decide({ image, builds: [aBuild('a')] }).verdict).toBe('wait');
  });

  it.each([
    ['in the configuration', { image: aDiskImage({ pause: true }) }, 'configuration'],
    ['on the command line', { paused: true }, 'operator'],
  ])('does not build an image paused %s, ordered or not [BUILDER 48, 71]', (_where, change, by) => {
    for (const requestedAt of [undefined, 999]) {
      const decision = decide({ ...change, requestedAt });
      expect(decision.verdict).toBe('wait');
      expect(decision.because).toEqual([{ code: 'IMAGE_PAUSED', image: 'image', by }]);
    }
  });

  it('does not build an image without formats', () => {
    expect(codes(decide({ image: aDiskImage({ formats: [] }), requestedAt: 1 }))).toEqual(['NO_FORMATS']);
  });

  it('builds a fresh image that was ordered [BUILDER 52]', () => {
    const decision = decide({ builds: [aBuild('a')], requestedAt: 990 });
    expect(decision).toMatchObject({ verdict: 'build', kind: 'manual', newest: 'a' });
    expect(decision.because).toEqual([{ code: 'BUILD_REQUESTED', image: 'image', since: 990 }]);
  });

  it('calls a build that is due anyway scheduled, so that the order stays', () => {
    expect(decide({ requestedAt: 990 }).kind).toBe('scheduled');
  });

  it('waits out the back-off, but not with an order given after the failure', () => {
    const backoff = backoffAfterFailure(undefined, { now: 995, base: 10, problem: 'exit 1' });
    const held = decide({ backoff });
    expect(held).toMatchObject({ verdict: 'wait', again: 1005 });
    expect(codes(held)).toEqual(['BACKOFF', 'NO_READY_BUILD']);
    expect(decide({ backoff, now: 1005 }).verdict).toBe('build');
    expect(decide({ backoff, requestedAt: 990 }).verdict).toBe('wait');
    expect(decide({ backoff, requestedAt: 996 }).verdict).toBe('build');
  });
});

describe('the back-off', () => {
  it('begins with the base delay and doubles up to an hour', () => {
    let backoff = backoffAfterFailure(undefined, { now: 0, base: 10, problem: 'x' });
    const delays = [backoff.until];
    for (let n = 0; n < 20; n += 1) {
      backoff = backoffAfterFailure(backoff, { now: 0, base: 10, problem: 'x' });
      delays.push(backoff.until);
    }
    expect(delays.slice(0, 4)).toEqual([10, 20, 40, 80]);
    expect(delays.at(-1)).toBe(LONGEST_BACKOFF);
  });

  it('is not lengthened by a clock set back', () => {
    const backoff = backoffAfterFailure(undefined, { now: 1000, base: 10, problem: 'x' });
    expect(holdsBack(backoff, 1005)).toBe(true);
    expect(holdsBack(backoff, 500)).toBe(false);
  });
});
