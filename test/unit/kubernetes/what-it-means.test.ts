import { describe, expect, it } from 'vitest';
import { apiFailure } from '../../../drivers/kubernetes/src/client/api-failure.js';
import { labelCheck } from '../../../drivers/kubernetes/src/config/label-problems.js';
import { podResources, quantity, quotaLimits, sumOfLimits } from '../../../drivers/kubernetes/src/made/resources.js';
import { PATIENCE } from '../../../drivers/kubernetes/src/nodes/patience.js';
import { podJudge } from '../../../drivers/kubernetes/src/nodes/pod-judge.js';

const kindOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    const { kind, message, details } = error as { kind: string; message: string; details: object };
    return { kind, message, details };
  }
};

/** Judges what a pod looks like over the seconds, and answers what comes of it. */
function judged(...looks: readonly (readonly [number, object | null])[]): unknown {
  let now = 0;
  const judge = podJudge('pod', 'main-1', { monotonic: () => now }, PATIENCE);
  let last: unknown;
  for (const [at, status] of looks) {
    now = at;
    const found = status && { metadata: { name: 'pod' }, spec: { nodeName: 'worker-1' }, status };
    last = kindOf(() => judge(found));
  }
  return last;
}

const waiting = (reason: string, message = 'words'): object => ({
  phase: 'Pending',
  containerStatuses: [{ state: { waiting: { reason, message } } }],
});
const unplaced = {
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }],
};

describe('a pod that starts', () => {
  it('is ready when it runs, on a machine that is known [K16]', () => {
    expect(judged([0, { phase: 'Pending' }], [1, { phase: 'Running' }])).toEqual({ answer: { machine: 'worker-1' } });
  });

  it.each([['InvalidImageName'], ['ErrImageNeverPull'], ['CreateContainerConfigError']])(
    'with %s has no hope, and says why [K21]',
    (reason) => {
      expect(judged([0, waiting(reason)])).toMatchObject({
        kind: 'configuration',
        message: `Pod pod: ${reason}: words`,
        details: { externalId: 'main-1' },
      });
    },
  );

  it.each([['ErrImagePull'], ['ImagePullBackOff']])('with %s is given two minutes [K21]', (reason) => {
    expect(judged([0, waiting(reason)], [119, waiting(reason)])).toEqual({ within: 1 });
    expect(judged([0, waiting('ErrImagePull')], [121, waiting(reason)])).toMatchObject({
      kind: 'transient',
      message: `Pod pod: ${reason}: words`,
    });
    expect(judged([0, waiting(reason)], [60, waiting('ContainerCreating')], [130, waiting(reason)])).toEqual({
      within: 120,
    });
  });

  it('without room is given five minutes, and is then a matter of capacity, in the words of the scheduler [K20]', () => {
    expect(judged([0, unplaced], [299, unplaced])).toEqual({ within: 1 });
    expect(judged([0, unplaced], [300, unplaced])).toMatchObject({
      kind: 'capacity',
      message: 'Pod pod finds no room: 0/3 nodes',
    });
  });

  it.each([
    ['Evicted', 'capacity'],
    ['OutOfcpu', 'capacity'],
    ['Preempting', 'capacity'],
    ['Error', 'transient'],
  ])('that ended with %s is of kind %s [K20]', (reason, kind) => {
    expect(judged([0, { phase: 'Failed', reason, message: 'so it is' }])).toMatchObject({
      kind,
      message: `Pod pod has ended (Failed): ${reason}: so it is`,
      details: { externalId: 'main-1' },
    });
  });

  it('is not there any more when somebody deletes it', () => {
    expect(judged([0, { phase: 'Pending' }], [1, null])).toMatchObject({ kind: 'not-found' });
  });
});

describe('a refusal', () => {
  it.each<readonly [number, string, string]>([
    [401, 'Unauthorized', 'authentication'],
    [403, 'pods "x" is forbidden: exceeded quota: q, requested: pods=1', 'quota'],
    [403, 'projectrequests "x" is forbidden: user me cannot create more than 2 project(s).', 'quota'],
    [403, 'pods is forbidden: User "u" cannot create resource "pods"', 'configuration'],
    [403, 'unable to create new content in namespace a because it is being terminated', 'transient'],
    [404, 'not found', 'not-found'],
    [409, 'already exists', 'transient'],
    [422, 'Invalid value', 'configuration'],
    [400, 'bad', 'configuration'],
    [429, 'too many', 'rate'],
    [500, 'etcd', 'transient'],
    [503, 'overloaded', 'transient'],
  ])('with %i, %s, is of kind %s [K19, K22]', (code, message, kind) => {
    expect(apiFailure('POST pods in a', code, { message }, undefined)).toMatchObject({
      kind,
      message: `POST pods in a: ${message}`,
    });
  });

  it('says how long the server wants to be left in peace, and when nobody knows what became of it [K22]', () => {
    expect(apiFailure('GET pods', 429, null, 7).details).toMatchObject({ retryAfter: 7 });
    expect(apiFailure('GET pods', 429, { details: { retryAfterSeconds: 3 } }, undefined).details).toMatchObject({
      retryAfter: 3,
    });
    expect(apiFailure('POST pods', 504, null, undefined).details).toMatchObject({ unanswered: true });
  });
});

describe('quotas [K18]', () => {
  const quota = (hard: object, more = {}): never => ({ metadata: { name: 'q' }, spec: { hard, ...more } }) as never;

  it('are limits in our words, the lowest of several', () => {
    expect(
      quotaLimits([
        quota({ pods: '10', 'requests.cpu': '4500m', 'requests.memory': '2Gi', 'requests.ephemeral-storage': '5G' }),
        quota({ 'count/pods': '7', cpu: '6', 'requests.nvidia.com/gpu': '2', 'limits.cpu': '99', secrets: '3' }),
      ]),
    ).toEqual({ instances: 7, cores: 4.5, ram: 2048, 'ephemeral-storage': 5000, 'nvidia.com/gpu': 2 });
  });

  it('of some pods only are no limits of all', () => {
    expect(quotaLimits([quota({ pods: '1' }, { scopes: ['BestEffort'] })])).toEqual({});
  });

  it('of several projects add up, unless one has none', () => {
    expect(sumOfLimits([{ instances: 2, cores: 1 }, { instances: 3 }])).toEqual({ instances: 5 });
    expect(sumOfLimits([{ instances: 2 }, {}])).toEqual({});
  });

  it('count what pods of others take, while they run', () => {
    const containers = [{ resources: { requests: { cpu: '500m' }, limits: { cpu: 2, memory: '1Gi' } } }, {}];
    expect(podResources({ metadata: { name: 'p' }, spec: { containers } })).toEqual({
      instances: 1,
      cores: 0.5,
      ram: 1024,
    });
    expect(podResources({ metadata: { name: 'p' }, spec: { containers }, status: { phase: 'Succeeded' } })).toEqual({});
  });

  it.each([
    ['500m', 0.5],
    ['2Gi', 2 ** 31],
    ['1e3', 1000],
    [3, 3],
    ['5k', 5000],
  ])('know the amount %s', (text, value) => {
    expect(quantity(text)).toBe(value);
  });

  it.each([['plenty'], [''], ['5X']])('know no amount %s', (text) => {
    expect(quantity(text)).toBeNaN();
  });
});

describe('a label [K6]', () => {
  const labelProblems = (values: Readonly<Record<string, unknown>>): ReturnType<ReturnType<typeof labelCheck>> =>
    labelCheck('type' in values ? ['namespace', 'pod'] : null)(values);

  it.each<readonly [string, object, readonly string[]]>([
    ['of a pod with an image', { type: 'pod', image: 'x', env: [{ name: 'A', value: 'b' }] }, []],
    ['of a namespace', { type: 'namespace' }, []],
    ['of a pod without an image', { type: 'pod' }, ['image']],
    ['where pods are all there is, without an image', {}, ['image']],
    ['with a spec', { type: 'pod', spec: {}, labels: {}, 'dynamic-labels': {}, annotations: {} }, []],
    ['with a spec and more', { type: 'pod', spec: {}, image: 'x', cpu: 1 }, ['image', 'cpu']],
    ['with a nameless GPU', { type: 'pod', image: 'x', gpu: 1 }, ['gpu']],
    ['with half a variable', { type: 'pod', image: 'x', env: [{ name: 'A' }] }, ['env']],
    ['with a number for a variable', { type: 'pod', image: 'x', env: [{ name: 'A', value: 1 }] }, ['env']],
  ])('%s has its problems at the right keys', (_what, values, keys) => {
    expect(labelProblems(values as Readonly<Record<string, unknown>>).map(({ key }) => key)).toEqual(keys);
  });

  it('never shows a value of a variable', () => {
    expect(JSON.stringify(labelProblems({ image: 'x', env: [{ value: 's3cret' }] }))).not.toContain('s3cret');
  });
});
