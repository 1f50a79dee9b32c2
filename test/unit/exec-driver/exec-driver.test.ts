import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExecDriver } from '../../../src/adapters/exec-driver/exec-driver.js';
import { NodeChildPrograms } from '../../../src/adapters/system/node-child-programs.js';
import { anInstanceSpec, aPool, aPoolLabel, aProviderConfig } from '../../../src/apps/driver-kit/builders.js';
import { driverContext } from '../../../src/apps/driver-kit/driver-context.js';
import type { TestContext } from '../../../src/apps/driver-kit/driver-context.js';
import { GuardedDriver } from '../../../src/apps/plugins/containment/guarded-driver.js';
import type { Provider } from '../../../src/ports/compute/provider.js';
import { eventually } from '../../support/eventually.js';

const PROGRAM = fileURLToPath(new URL('../../fixtures/exec-drivers/misbehaving.mjs', import.meta.url));
const never = new AbortController().signal;
let folder: string;
let context: TestContext;
let provider: Provider;
const traces = (): string => readFileSync(path.join(folder, 'traces'), 'utf8');
const starts = (): number => [...traces().matchAll(/^started/gm)].length;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-exec-'));
  context = driverContext();
});
afterEach(async () => {
  await provider.stop();
  rmSync(folder, { recursive: true, force: true });
});

const labels = new Map(['small', 'broken'].map((name) => [name, aPoolLabel({ name })]));
const pool = aPool({ labels });

function given(mode: string, change: Readonly<Record<string, unknown>> = {}): Provider {
  const settings = {
    command: [process.execPath, PROGRAM, mode, path.join(folder, 'traces')],
    environment: { SECRET: 'hush-hush' },
    settings: {},
    'start-timeout': 10,
    ...change,
  };
  const config = aProviderConfig({
    name: 'odd',
    driver: 'exec',
    launchTimeout: 60,
    settings,
    pools: new Map([['main', pool]]),
  });
  const driver = new GuardedDriver(new ExecDriver(new NodeChildPrograms(), { PATH: process.env['PATH'] ?? '' }));
  provider = driver.createProvider(config, context);
  return provider;
}

async function started(mode: string): Promise<Provider> {
  await given(mode).start(never);
  return provider;
}

const alive = (pid: number): boolean => existsSync(`/proc/${pid}`);
const logged = (): string => JSON.stringify(context.logger.lines);

describe('a driver program', () => {
  it('says what it can do, and is asked for labels before anything else', async () => {
    await started('well');
    expect(provider.images).toBeNull();
    expect(provider.labelReady(pool, labels.get('small')!)).toEqual({ ready: true });
    expect(provider.labelReady(pool, labels.get('broken')!)).toEqual({
      ready: false,
      problem: 'no such plan',
      broken: true,
    });
    expect(provider.resourcesOf(pool, labels.get('small')!)).toEqual({ cores: 4, instances: 1 });
    // It has no zones: it is not even asked.
    expect(await provider.availabilityZones(never)).toEqual([]);
    expect(await provider.limits(never)).toEqual({ instances: 5 });
    expect(context.logger.messages('info')).toContain('counted');
    expect(context.logger.messages('debug')).toContain('limits: looking');
    expect(context.logger.messages('warn')).toEqual(['The program answers call 999, which was not asked']);
  });

  it('fails calls by kind, with what is left behind; secrets of its environment stay secret', async () => {
    await started('well');
    const error: unknown = await provider.create(anInstanceSpec(), never).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ kind: 'quota', message: 'full, [redacted]', details: { externalId: 'vm-1' } });
    // Installation, provider and node are the key, and the program is told how long we wait.
    expect(traces()).toContain('create tests/cloud/0000000001 60');
  });

  it.each([
    [
      'is not there',
      given.bind(null, 'x', { command: ['/no/such/program'] }),
      'configuration',
      /cannot be started: .*no such command/,
    ],
    [
      'speaks another protocol',
      given.bind(null, 'newer', {}),
      'configuration',
      /speaks protocol 2\.0, this Nodepool 1\.1/,
    ],
    ['ends at once', given.bind(null, 'dies-first', {}), 'transient', /the program ended \(exit status 3\)/],
    [
      'ends before it has said anything about labels',
      given.bind(null, 'dies-at-labels', {}),
      'transient',
      /the program ended \(exit status 5\)/,
    ],
    [
      'says nothing',
      given.bind(null, 'mute', { 'start-timeout': 0.3 }),
      'transient',
      /greeting of the driver program took longer/,
    ],
  ])('that %s makes the start fail, and leaves nothing', async (_what, make, kind, words) => {
    const error: unknown = await make()
      .start(never)
      .catch((failure: unknown) => failure);
    expect(error).toMatchObject({ kind, message: expect.stringMatching(words) as unknown });
    const pid = existsSync(path.join(folder, 'traces')) ? /started (\d+)/.exec(traces())?.[1] : undefined;
    if (pid !== undefined) await eventually('it is gone', () => !alive(Number(pid)), 5);
  });

  it('that ends is started again; calls under way fail, later ones wait for it', async () => {
    await started('dies');
    const error: unknown = await provider.create(anInstanceSpec(), never).catch((failure: unknown) => failure);
    expect(error).toMatchObject({
      kind: 'transient',
      message: 'the program ended (exit status 4): out of luck: [redacted]',
    });
    // What it said before still holds: no request is declined for a moment's silence.
    expect(provider.labelReady(pool, labels.get('small')!)).toEqual({ ready: true });
    expect(provider.labelReady(pool, labels.get('broken')!)).toMatchObject({ ready: false, problem: 'no such plan' });
    expect(await provider.limits(never)).toEqual({ instances: 5 });
    expect(starts()).toBe(2);
    expect(logged()).toContain('The driver program has ended; it is started again');
    expect(logged()).toContain('stderr: out of luck: [redacted]');
    expect(logged()).not.toContain('hush-hush');
  });

  it('that was stopped for good, as by a changed configuration, fails calls at once, those that wait for it, too', async () => {
    await started('dies');
    await provider.create(anInstanceSpec(), never).catch(() => undefined);
    const waiting = provider.limits(never).catch((failure: unknown) => failure);
    await provider.stop();
    expect(await waiting).toMatchObject({ kind: 'transient', message: 'the program was stopped' });
    await expect(provider.delete('vm-1', never)).rejects.toThrow('the program was stopped');
  });

  it('that writes garbage now and then is listened to all the same', async () => {
    await started('garbage');
    expect(await provider.limits(never)).toEqual({ instances: 5 });
    expect(context.logger.messages('warn')).toContain('The program writes what is no message');
    expect(starts()).toBe(1);
  });

  it.each([
    ['nothing but garbage', 'floods-garbage', /it writes nothing but garbage/],
    ['a line without end', 'endless-line', /it wrote a line without end/],
  ])('that writes %s is ended and started again', async (_what, mode, words) => {
    await started(mode);
    const error: unknown = await provider.limits(never).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ kind: 'transient', message: expect.stringMatching(words) as unknown });
    await eventually('it runs again', () => starts() === 2, 10);
  });

  it('that answers nonsense fails that call', async () => {
    await started('nonsense');
    await expect(provider.limits(never)).rejects.toThrow('driver exec: limits: its answer.cores is no amount');
  });

  it('is started without the start-up files of any shell', async () => {
    writeFileSync(path.join(folder, '.bashrc'), 'echo from the start-up file; echo from it >&2; read line\n');
    await given('well', { environment: { HOME: folder } }).start(never);
    expect(await provider.limits(never)).toEqual({ instances: 5 });
    expect(logged()).not.toContain('start-up file');
    expect(logged()).not.toContain('stderr');
  });

  it('is told when a call is cancelled', async () => {
    await started('hangs');
    const stop = new AbortController();
    const reason = new Error('enough');
    const creating = provider.create(anInstanceSpec(), stop.signal).catch((failure: unknown) => failure);
    await eventually('it was asked', () => traces().includes('create'), 5);
    stop.abort(reason);
    expect(await creating).toBe(reason);
    await eventually('it was told', () => /^cancel \d+$/m.test(traces()), 5);
    expect(await provider.limits(never)).toEqual({ instances: 5 });
  });

  it('ends with the provider, with all that it has started', async () => {
    await started('children');
    await eventually('its child runs', () => /child \d+/.test(traces()), 5);
    await provider.stop();
    expect(traces()).toContain('end of input');
    const pids = [...traces().matchAll(/(?:started|child) (\d+)/g)].map(([, pid]) => Number(pid));
    expect(pids).toHaveLength(2);
    await eventually('they are gone', () => !pids.some(alive), 5);
    await expect(provider.limits(AbortSignal.timeout(50))).rejects.toThrow();
  });
});
