import { describe, expect, it } from 'vitest';
import { StaticDriver } from '../../../src/adapters/static/static-driver.js';
import type { StaticNodeConfig } from '../../../src/domain/config/static-node.js';
import type { FixedSlot } from '../../../src/domain/model/fixed-slot.js';
import type { FixedMachines, Provider } from '../../../src/ports/compute/provider.js';
import { ScanTimeoutError } from '../../../src/ports/runtime/host-key-scan.js';
import type { HostKeyScanner, HostKeyScanTarget } from '../../../src/ports/runtime/host-key-scan.js';
import { aLabel, aPool, aProvider } from '../../contract/compute-fixture.js';

const never = new AbortController().signal;

/** Machines that answer with the keys given, or not at all. */
class ScriptedScanner implements HostKeyScanner {
  readonly asked: { readonly target: HostKeyScanTarget; readonly timeout: number }[] = [];
  constructor(private readonly machines: Readonly<Record<string, readonly string[]>>) {}

  async scan(target: HostKeyScanTarget, timeout: number): Promise<readonly string[]> {
    this.asked.push({ target, timeout });
    const keys = this.machines[target.host];
    if (!keys) throw new ScanTimeoutError(`${target.host} is away`);
    return target.gather === 'keys' ? keys : [];
  }
}

function aMachine(values: Partial<StaticNodeConfig> = {}): StaticNodeConfig {
  return {
    name: 'machine-1',
    labels: ['big', 'bigger'],
    timeout: 5,
    connectionPort: 22,
    connectionType: 'ssh',
    username: 'zuul',
    hostKeys: [],
    maxParallelJobs: 1,
    hostKeyChecking: true,
    pythonPath: 'auto',
    shellType: null,
    ...values,
  };
}

interface Given {
  readonly provider: Provider;
  readonly machines: FixedMachines;
  readonly slots: readonly FixedSlot[];
  readonly scanner: ScriptedScanner;
}

function given(nodes: readonly StaticNodeConfig[], answers: Readonly<Record<string, readonly string[]>> = {}): Given {
  const scanner = new ScriptedScanner(answers);
  const pool = aPool({ settings: { nodes } });
  const provider = new StaticDriver(scanner).createProvider(aProvider({ pools: new Map([['main', pool]]) }));
  const machines = provider.fixed!;
  return { provider, machines, slots: machines.slots(pool), scanner };
}

describe('slots of static machines', () => {
  it('are as many as jobs may run at once, each with the same key in every launcher', () => {
    const { slots } = given([aMachine({ maxParallelJobs: 2 }), aMachine({ name: 'machine-2', connectionPort: 2222 })]);
    expect(slots.map((slot) => slot.key)).toEqual([
      'zuul@machine-1:22#0',
      'zuul@machine-1:22#1',
      'zuul@machine-2:2222#0',
    ]);
    expect(slots[1]).toEqual({
      key: 'zuul@machine-1:22#1',
      hostname: 'machine-1',
      slot: 1,
      labels: ['big', 'bigger'],
      username: 'zuul',
      connectionType: 'ssh',
      connectionPort: 22,
      pythonPath: 'auto',
      shellType: null,
    });
  });

  it('tell machines apart by name, user and port, and nothing else', () => {
    const { slots } = given([
      aMachine(),
      aMachine({ username: 'root' }),
      aMachine({ connectionPort: 23 }),
      aMachine({ labels: ['other'] }),
    ]);
    expect(slots).toHaveLength(3);
  });
});

describe('the check of a static machine', () => {
  it('answers the keys it shows, within its own time-out', async () => {
    const { machines, slots, scanner } = given([aMachine({ timeout: 13 })], { 'machine-1': ['ssh-rsa A'] });
    expect(await machines.check(slots[0]!, never)).toEqual({ hostKeys: ['ssh-rsa A'] });
    expect(scanner.asked).toEqual([{ target: { host: 'machine-1', port: 22, gather: 'keys' }, timeout: 13 }]);
  });

  it('wants every configured key among those it shows, comments aside', async () => {
    const shown = { 'machine-1': ['ssh-rsa A', 'ssh-ed25519 B'] };
    const fits = given([aMachine({ hostKeys: ['ssh-ed25519 B root@machine', ' ssh-rsa  A '] })], shown);
    await expect(fits.machines.check(fits.slots[0]!, never)).resolves.toBeDefined();
    const other = given([aMachine({ hostKeys: ['ssh-rsa A', 'ssh-rsa C'] })], shown);
    await expect(other.machines.check(other.slots[0]!, never)).rejects.toThrow(
      /mismatch.*machine-1:22.*ssh-rsa …ssh-rsa C/,
    );
  });

  it('fails when it is away', async () => {
    const { machines, slots } = given([aMachine()]);
    await expect(machines.check(slots[0]!, never)).rejects.toBeInstanceOf(ScanTimeoutError);
  });

  it('only connects if the connection has no host keys', async () => {
    const machine = aMachine({ connectionType: 'winrm', connectionPort: 5986, hostKeys: ['ssh-rsa A'] });
    const { machines, slots, scanner } = given([machine], { 'machine-1': ['ssh-rsa B'] });
    expect(await machines.check(slots[0]!, never)).toEqual({ hostKeys: [] });
    expect(scanner.asked[0]?.target).toEqual({ host: 'machine-1', port: 5986, gather: 'port' });
  });

  it('does nothing if host keys are not to be checked', async () => {
    const { machines, slots, scanner } = given([aMachine({ hostKeyChecking: false })]);
    expect(await machines.check(slots[0]!, never)).toEqual({ hostKeys: [] });
    expect(scanner.asked).toEqual([]);
  });

  it('ends with the signal, and knows only configured machines', async () => {
    const { machines, slots } = given([aMachine()]);
    const reason = new Error('stopped');
    await expect(machines.check(slots[0]!, AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(machines.check({ ...slots[0]!, hostname: 'stranger' }, never)).rejects.toThrow('stranger');
  });
});

describe('a static provider', () => {
  it('launches nothing and deletes nothing', async () => {
    const { provider } = given([aMachine()]);
    await provider.start(never);
    const spec = {
      nodeId: '1',
      idempotencyKey: 'tests/metal/0000000001',
      hostname: 'np1',
      pool: aPool(),
      label: aLabel(),
      image: { kind: 'none' as const },
      az: null,
      metadata: {},
    };
    await expect(provider.create(spec, never)).rejects.toMatchObject({ kind: 'configuration' });
    await expect(provider.waitUntilRunning('x', spec, never)).rejects.toMatchObject({ kind: 'configuration' });
    await expect(provider.delete('anything', never)).resolves.toBeUndefined();
    expect(await provider.list(never)).toEqual([]);
    expect(await provider.limits(never)).toEqual({});
    expect(await provider.availabilityZones(never)).toEqual([]);
    expect(await provider.consoleLog('x', never)).toBeNull();
    expect(provider.images).toBeNull();
    await provider.stop();
  });

  it('serves the labels its machines have', () => {
    const { provider } = given([aMachine()]);
    const pool = aPool({ settings: { nodes: [aMachine()] } });
    expect(provider.labelReady(pool, aLabel({ name: 'bigger' }))).toEqual({ ready: true });
    expect(provider.labelReady(pool, aLabel({ name: 'huge' }))).toMatchObject({ ready: false, broken: true });
    expect(provider.resourcesOf(pool, aLabel())).toEqual({ instances: 1 });
  });
});
