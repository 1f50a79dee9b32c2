import { afterEach, beforeEach, expect, test } from 'vitest';
import { aConfig, aDiskImage, aProvider, aRequest } from '../../support/builders.js';
import { AdministrationBench } from '../administration/administration-bench.js';
import { Terminal } from './terminal.js';

let bench: AdministrationBench;
let terminal: Terminal;

beforeEach(async () => {
  bench = new AdministrationBench(1_000);
  bench.config = aConfig({ labels: new Map([['small', { name: 'small', minReady: 1, maxReadyAge: 0 }]]) }, aProvider());
  terminal = new Terminal(bench);
  await bench.other.launchers.announcePool({
    id: 'host-cloud-main',
    hostname: 'host',
    version: '1',
    providerName: 'cloud',
    poolName: 'main',
    supportedLabels: ['small'],
    priority: 100,
    paused: true,
    state: 'running',
  });
});

afterEach(async () => {
  await bench.close();
});

async function aWaitingRequest(): Promise<string> {
  const { id } = await bench.other.requests.create('100', aRequest({ stateTime: 1_000, declinedBy: ['x'] }));
  await bench.node({ state: 'in-use', allocatedTo: '100-0000000099' });
  await bench.clock.advance(75);
  return id;
}

test('a request: the records, then each launcher with verdict, reasons, age and what helps', async () => {
  const id = await aWaitingRequest();
  bench.answers.set('http://one:8005', {
    address: 'http://one:8005',
    kind: 'answered',
    opinions: [
      {
        decider: 'host-cloud-main',
        verdict: 'wait',
        since: 1_005,
        reasons: [
          {
            code: 'QUOTA_POOL',
            text: 'QUOTA_POOL instances used 1 limit 1 need 1',
            unblock: 'a node comes\nback',
            facts: {},
          },
        ],
      },
    ],
  });
  bench.answers.set('http://two:8005', { address: 'http://two:8005', kind: 'unknown' });
  const addresses = ['one', 'two', 'three'].flatMap((host) => ['--launcher', `http://${host}:8005`]);
  expect(await terminal.run(['explain', 'request', id, ...addresses])).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: `will be served when: in cloud/main: a node comes back
request ${id}
  state: requested since 00:00:01:15, unlocked
  labels: small
  requestor: zuul
  declined by: x
  nodes: none
  registered pools:
    cloud/main (host-cloud-main): offers all labels; waits for capacity; priority 100; image image NOT ready; nodes: 1 in-use
launcher http://one:8005:
  host-cloud-main: wait, since 00:00:01:10
    QUOTA_POOL instances used 1 limit 1 need 1
      what helps: a node comes back
launcher http://two:8005 knows nothing about it
launcher http://three:8005 does not answer: nobody is there
`,
  });
});

test('no launcher answers: it says so, and tells what the records say', async () => {
  const id = await aWaitingRequest();
  const { exitCode, stdout } = await terminal.run(['explain', 'request', id, '--launcher', 'one:1']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('  state: requested since 00:00:01:15, unlocked\n');
  expect(
    stdout.endsWith(`launcher one:1 does not answer: nobody is there
No launcher answered; this is what the records say alone.
`),
  ).toBe(true);
});

test('no launcher is registered as a process', async () => {
  expect((await terminal.run(['explain', 'label', 'small'])).stdout).toBe(`label small
  min-ready: 1
  free and ready: 0
  asked for: none
  nodes: none
  registered pools:
    cloud/main (host-cloud-main): offers all labels; waits for capacity; priority 100; image image NOT ready; nodes: none
No launcher is registered; this is what the records say alone.
`);
});

test('without a subject: all that waits, by the records and by what each launcher says', async () => {
  await aWaitingRequest();
  bench.answers.set('http://one:8005', {
    address: 'http://one:8005',
    kind: 'answered',
    opinions: [],
    findings: ['1 request waits in cloud/main for\nQUOTA_POOL instances'],
  });
  expect(await terminal.run(['explain', '--launcher', 'http://one:8005'])).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: `all requests
  waiting: 1, the oldest since 00:00:01:15
  labels: 1 small
launcher http://one:8005:
  1 request waits in cloud/main for QUOTA_POOL instances
`,
  });
});

test('a pool and a provider: what they hold', async () => {
  await aWaitingRequest();
  const holding = `  cloud/main
    limits: none
    launchers: host-cloud-main, priority 100, waits for capacity
    nodes: 1 in-use
    waiting requests that it could serve: 1
`;
  const explained = async (...words: string[]): Promise<string> => (await terminal.run(['explain', ...words])).stdout;
  expect(await explained('pool', 'cloud/main')).toContain(`pool cloud/main\n${holding}`);
  expect(await explained('provider', 'cloud')).toContain(`provider cloud\n${holding}`);
  expect(await explained('pool', 'main')).toContain('Pool main not found\n');
});

test('what is to be supposed goes to the launchers; it goes with a request only', async () => {
  const id = await aWaitingRequest();
  const asked = ['--launcher', 'one:1', '--if', 'max-servers=3', '--if', 'labels=a,b'];
  await terminal.run(['explain', 'request', id, ...asked]);
  expect(bench.asked).toEqual([`one:1 request ${id} max-servers=3 labels=a,b`]);
  expect(await terminal.run(['explain', 'node', '7', '--if', 'max-servers=3'])).toMatchObject({
    exitCode: 1,
    stderr: 'nodepool: --if goes with a request only\n',
  });
});

test('a node and an image', async () => {
  const id = await bench.node({ stateTime: 1_000, comment: 'evil\u001b[31m\nline' });
  await bench.clock.advance(1);
  expect((await terminal.run(['explain', 'node', id])).stdout).toContain(`node ${id}
  state: ready since 00:00:00:01, unlocked
  labels: small
  pool: cloud/main
  launcher: none
  allocated to: nobody
  comment: evil\\x1b[31m line
`);
  await bench.load('17-image-paused');
  await bench.clock.advance(1);
  expect((await terminal.run(['explain', 'image', 'fake-image'])).stdout).toMatch(
    /^image fake-image\n {2}configured: no\n {2}paused: yes\n {2}build ordered: no\n {2}builds:\n {4}\w{32} ready since [\d:]+, by \S+, formats: \S+\n/,
  );
});

test('an image: what builders cannot do stands in the records, and they are asked themselves', async () => {
  await bench.other.launchers.announceProcess({
    kind: 'builder',
    hostname: 'nb01',
    version: '1',
    state: 'running',
    imageProblems: [
      { image: 'debian', provider: null, code: 'BACKOFF', failures: 2, problem: 'exit status 1', nextTry: 1_300 },
      { image: 'other', provider: null, code: 'BACKOFF', failures: 1, problem: 'no', nextTry: null },
    ],
  });
  bench.config = aConfig({ diskImages: new Map([['debian', aDiskImage({ name: 'debian' })]]) }, aProvider());
  const explained = async (): Promise<string> => (await terminal.run(['explain', 'image', 'debian'])).stdout;
  const silent = await explained();
  expect(silent).toContain(
    '  problems:\n    nb01 cannot build it, 2 failures, next try in 00:00:05:00: exit status 1\n  uploads:\n',
  );
  expect(silent).toContain('Builders are not asked: webapp.builder_port is not set.\n');
  bench.config = { ...bench.config, webapp: { ...bench.config.webapp, builderPort: 8006 } };
  const reasons = [{ code: 'BACKOFF', text: 'BACKOFF the build failed', unblock: 'mend it', facts: {} }];
  bench.answers.set('http://nb01:8006', {
    address: 'http://nb01:8006',
    kind: 'answered',
    opinions: [{ decider: 'nb01', verdict: 'wait', since: 990, reasons }],
  });
  expect(await explained()).toContain(`builder http://nb01:8006:
  nb01: wait, since 00:00:00:10
    BACKOFF the build failed
      what helps: mend it
`);
  bench.asked.length = 0;
  await terminal.run(['explain', 'image', 'debian', '--launcher', 'one:1']);
  await terminal.run(['explain', 'node', '7']);
  expect(bench.asked).toEqual(['one:1 image debian']);
});

test('what is not found is a text and no failure', async () => {
  expect(await terminal.run(['explain', 'request', '100-9999999999', '--launcher', 'one:1'])).toEqual({
    exitCode: 0,
    stdout: `Request 100-9999999999 not found
launcher one:1 does not answer: nobody is there
No launcher answered; this is what the records say alone.
`,
    stderr: '',
  });
});

test('opens all mirrors', async () => {
  await terminal.run(['explain', 'node', '7']);
  expect(terminal.opened[0]?.mirrors).toEqual(['nodes', 'requests', 'images', 'launchers', 'builders', 'leases']);
});

test('a held node: who holds it, and till when [C18]', async () => {
  const state = { state: 'hold', stateTime: 1_000 } as const;
  const explained = async (id: string): Promise<string> => (await terminal.run(['explain', 'node', id])).stdout;
  const job = await bench.node({ ...state, holdJob: 'tenant job main', holdExpiration: 3_600, comment: 'see bug 1' });
  expect(await explained(job)).toContain(
    '  held by: job tenant job main\n  held until: 1970-01-01 01:16:40 UTC, in 00:01:00:00\n  comment: see bug 1\n',
  );
  const ours = await bench.node({ state: 'ready', stateTime: 1_000 });
  expect(await explained(ours)).not.toContain('held');
  await terminal.run(['hold', ours, '--reason', 'ann looks at the disk']);
  expect(await explained(ours)).toMatch(
    /held by: an operator.*\n {2}held until: somebody deletes it\n {2}comment: ann looks at the disk\n/,
  );
  bench.config = { ...bench.config, maxHoldAge: 60 };
  expect(await explained(job)).toContain('held until: 1970-01-01 00:17:40 UTC');
  const strange = await bench.node({ ...state, stateTime: 1e18 });
  expect(await explained(strange)).toContain('held until: unknown\n');
});
