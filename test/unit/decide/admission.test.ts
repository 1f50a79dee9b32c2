import { describe, expect, it } from 'vitest';
import type { AdmissionInput } from '../../../src/domain/decide/admission.js';
import { admitRequest } from '../../../src/domain/decide/admission.js';
import { MIN_READY_REQUESTOR } from '../../../src/domain/model/request.js';
import { aPool, aProvider, aRegisteredPool, aRequest } from '../../support/builders.js';

const ME = 'me';

function asked(change: Partial<AdmissionInput> = {}): ReturnType<typeof admitRequest> {
  return admitRequest({
    request: aRequest(),
    launcherId: ME,
    pool: aPool(),
    provider: aProvider(),
    registry: { complete: true, pools: [aRegisteredPool(ME)] },
    providerProblem: null,
    providerLimits: { instances: 20, cores: 100, ram: 1_000_000 },
    providerOthers: {},
    tenant: null,
    resourcesOf: () => ({ instances: 1, cores: 4, ram: 8192 }),
    labelProblems: () => [],
    waiting: 0,
    fixed: false,
    slots: null,
    fitsNow: () => true,
    activeLaunches: 0,
    ...change,
  });
}

function codes(decision: ReturnType<typeof admitRequest>): readonly string[] {
  return decision.because.map((reason) => reason.code);
}

describe('a pool looks at a request', () => {
  it('accepts what it can serve, and says so', () => {
    expect(asked()).toEqual({ verdict: 'accept', because: [{ code: 'SERVEABLE', pool: 'cloud/main' }] });
  });

  it.each<[Partial<AdmissionInput>, string]>([
    [{}, 'SERVEABLE'],
    [{ pool: aPool({ maxServers: 0 }) }, 'POOL_DISABLED'],
    [{ request: aRequest({ nodeTypes: ['nosuch'] }) }, 'LABEL_UNKNOWN'],
    [{ pool: aPool({ limits: { cores: 1 } }) }, 'REQUEST_OVER_POOL'],
    [{ slots: [], request: aRequest({ nodeTypes: ['small', 'small'] }) }, 'REQUEST_OVER_MACHINES'],
    [{ fixed: true, fitsNow: () => false }, 'NO_FREE_MACHINE'],
    [{ waiting: 1, fitsNow: () => false }, 'OTHERS_WAIT_FIRST'],
    [{ request: aRequest({ requestor: MIN_READY_REQUESTOR }), fitsNow: () => false }, 'MIN_READY_AT_CAPACITY'],
  ])('[C18] names the pool with its provider: names of pools alone say nothing (%#, %s)', (change, code) => {
    const { because } = asked(change);
    expect(because[0]?.code).toBe(code);
    expect(JSON.stringify(because[0])).toContain('"cloud/main"');
  });

  it('ignores what is not requested any more or what it declined before', () => {
    expect(codes(asked({ request: aRequest({ state: 'pending' }) }))).toEqual(['NOT_REQUESTED']);
    const registry = { complete: true, pools: [aRegisteredPool(ME), aRegisteredPool('other')] };
    const declined = asked({ request: aRequest({ declinedBy: [ME] }), registry });
    expect([declined.verdict, codes(declined)]).toEqual(['ignore', ['ALREADY_DECLINED']]);
  });

  it('declines once more what everybody who is left has declined, so that it fails', () => {
    const request = aRequest({ declinedBy: [ME, 'somebody who is gone'] });
    expect(asked({ request }).verdict).toBe('decline');
    expect(asked({ request, registry: { complete: false, pools: [] } }).verdict).toBe('ignore');
  });

  it('[LAUNCHER 61] decides nothing while the registry is not known completely', () => {
    const decision = asked({
      request: aRequest({ nodeTypes: ['unknown'] }),
      registry: { complete: false, pools: [] },
    });
    expect([decision.verdict, codes(decision)]).toEqual(['wait', ['REGISTRY_INCOMPLETE']]);
  });

  it('[LAUNCHER 43] declines a label that nobody offers', () => {
    const decision = asked({ request: aRequest({ nodeTypes: ['small', 'unknown'] }) });
    expect(decision).toEqual({
      verdict: 'decline',
      because: [{ code: 'LABEL_UNKNOWN', pool: 'cloud/main', label: 'unknown' }],
    });
  });

  it('[LAUNCHER 44] leaves a label it lacks to the pool that has it', () => {
    const other = aRegisteredPool('other', { supportedLabels: ['big'], providerName: 'elsewhere' });
    const decision = asked({
      request: aRequest({ nodeTypes: ['big'] }),
      registry: { complete: true, pools: [aRegisteredPool(ME), other] },
    });
    expect(decision).toEqual({
      verdict: 'yield',
      because: [{ code: 'YIELD_CAPABLE_POOL', label: 'big', pool: 'other' }],
    });
  });

  it.each([
    ['[LAUNCHER 45] yields to the provider the client wishes for', {}, [], 'yield'],
    ['[LAUNCHER 46] takes it when that provider has declined', {}, ['wished'], 'accept'],
    ['[LAUNCHER 46] takes it when that provider lacks the label', { supportedLabels: ['big'] }, [], 'accept'],
  ])('%s', (_title, change, declinedBy, verdict) => {
    const wished = aRegisteredPool('wished', { providerName: 'wished-cloud', ...change });
    const decision = asked({
      request: aRequest({ provider: 'wished-cloud', declinedBy }),
      registry: { complete: true, pools: [aRegisteredPool(ME), wished] },
    });
    expect(decision.verdict).toBe(verdict);
  });

  it('[LAUNCHER 46] takes it when the wished provider is offline', () => {
    expect(asked({ request: aRequest({ provider: 'nobody' }) }).verdict).toBe('accept');
  });

  it('[LAUNCHER 47] yields to a pool of better priority unless that is paused', () => {
    const better = aRegisteredPool('better', { priority: 1 });
    const registry = (paused: boolean): AdmissionInput['registry'] => ({
      complete: true,
      pools: [aRegisteredPool(ME), { ...better, paused }],
    });
    expect(asked({ registry: registry(false) }).because).toEqual([
      { code: 'YIELD_PRIORITY', pool: 'better', priority: 1, own: 100 },
    ]);
    expect(asked({ registry: registry(true) }).verdict).toBe('accept');
  });

  it.each([0, -1])('[LAUNCHER 49] declines everything with max-servers %i', (maxServers) => {
    const decision = asked({ pool: aPool({ maxServers }) });
    expect(decision.because).toEqual([{ code: 'POOL_DISABLED', pool: 'cloud/main', maxServers }]);
    expect(decision.verdict).toBe('decline');
  });

  it('[LAUNCHER 56] declines with max-concurrency 0, so that what nobody else can serve still fails', () => {
    expect(asked({ provider: aProvider({ maxConcurrency: 0 }) }).verdict).toBe('decline');
  });

  it('[LAUNCHER 50] declines a label whose image is not uploaded', () => {
    const decision = asked({
      labelProblems: (label) => [{ code: 'IMAGE_NOT_READY', pool: 'main', label, image: 'image' }],
    });
    expect([decision.verdict, codes(decision)]).toEqual(['decline', ['IMAGE_NOT_READY']]);
  });

  it('[LAUNCHER 51] declines more nodes than the pool may ever have, with the numbers', () => {
    const decision = asked({
      request: aRequest({ nodeTypes: ['small', 'small', 'small'] }),
      pool: aPool({ maxServers: 2 }),
    });
    expect(decision).toEqual({
      verdict: 'decline',
      because: [{ code: 'REQUEST_OVER_POOL', owner: 'cloud/main', resource: 'instances', used: 0, limit: 2, need: 3 }],
    });
  });

  it('[LAUNCHER 52] [BUILDER 180] declines what the account can never hold, unless provider quota is ignored', () => {
    const providerLimits = { cores: 2 };
    expect(codes(asked({ providerLimits }))).toEqual(['REQUEST_OVER_PROVIDER']);
    expect(asked({ providerLimits, pool: aPool({ ignoreProviderQuota: true }) }).verdict).toBe('accept');
    const pool = aPool({ ignoreProviderQuota: true, maxServers: 1 });
    const request = aRequest({ nodeTypes: ['small', 'small'] });
    expect(codes(asked({ providerLimits, pool, request }))).toEqual(['REQUEST_OVER_POOL']);
  });

  it('[A10] waits for what others use of the account, however much, and names it', () => {
    const providerLimits = { instances: 20 };
    const request = aRequest({ nodeTypes: ['small', 'small'] });
    expect(asked({ request, providerLimits, providerOthers: { instances: 19 } })).toEqual({
      verdict: 'wait',
      because: [{ code: 'QUOTA_PROVIDER', owner: 'cloud', resource: 'instances', used: 19, limit: 20, need: 2 }],
    });
    expect(asked({ request, providerLimits, providerOthers: { instances: 18 } }).verdict).toBe('accept');
    const pool = aPool({ ignoreProviderQuota: true });
    expect(asked({ request, pool, providerLimits, providerOthers: { instances: 19 } }).verdict).toBe('accept');
  });

  it('[LAUNCHER 53] leaves a request open while its tenant is at its limit', () => {
    const tenant = { name: 't', limit: { cores: 6 }, used: { cores: 4 } };
    expect(asked({ tenant })).toEqual({
      verdict: 'wait',
      because: [{ code: 'QUOTA_TENANT', owner: 't', resource: 'cores', used: 4, limit: 6, need: 4 }],
    });
  });

  it('[LAUNCHER 55] waits while the provider has max-concurrency launches under way', () => {
    const decision = asked({ provider: aProvider({ maxConcurrency: 1 }), activeLaunches: 1 });
    expect([decision.verdict, codes(decision)]).toEqual(['wait', ['MAX_CONCURRENCY']]);
  });

  it('lets nobody overtake a request that waits for capacity, but serves what fits beside it', () => {
    expect(codes(asked({ waiting: 1, fitsNow: () => false }))).toEqual(['OTHERS_WAIT_FIRST']);
    expect(asked({ waiting: 1, fitsNow: () => true }).verdict).toBe('accept');
  });

  it('[LAUNCHER 77] declines a min-ready request at capacity instead of holding it', () => {
    const request = aRequest({ requestor: MIN_READY_REQUESTOR, reuse: false });
    expect(codes(asked({ request, fitsNow: () => false }))).toEqual(['MIN_READY_AT_CAPACITY']);
  });

  it('[LAUNCHER 78] leaves a request for fixed machines open until one is free', () => {
    const decision = asked({ fixed: true, fitsNow: () => false });
    expect([decision.verdict, codes(decision)]).toEqual(['wait', ['NO_FREE_MACHINE']]);
  });

  it('waits for a provider that is starting or whose limits are unknown', () => {
    expect(asked({ providerProblem: 'it is starting' }).verdict).toBe('wait');
    expect(asked({ providerLimits: null }).verdict).toBe('wait');
    expect(asked({ providerLimits: null, pool: aPool({ ignoreProviderQuota: true }) }).verdict).toBe('accept');
  });

  it('declines what all its machines together could never serve, with the numbers', () => {
    const slots = [{ labels: ['small', 'big'] }, { labels: ['small'] }, { labels: ['small'] }];
    const pool = aPool({ labelNames: ['small', 'big'] });
    const of = (...nodeTypes: string[]): ReturnType<typeof admitRequest> =>
      asked({ request: aRequest({ nodeTypes }), pool, fixed: true, slots, fitsNow: () => false });
    // The machine with both labels has to be kept for the rare one, in whatever order they are asked for.
    expect(of('small', 'small', 'big').verdict).toBe('wait');
    expect(of('small', 'small', 'big', 'small')).toEqual({
      verdict: 'decline',
      because: [{ code: 'REQUEST_OVER_MACHINES', pool: 'cloud/main', labels: ['small'], need: 4, slots: 3 }],
    });
    expect(of('big', 'big').verdict).toBe('decline');
    expect(of('big').verdict).toBe('wait');
  });
});
