import type { PoolConfig, ProviderConfig } from '../../domain/config/config.js';
import { staticNodes } from '../../domain/config/static-node.js';
import type { StaticNodeConfig } from '../../domain/config/static-node.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type { FixedSlot } from '../../domain/model/fixed-slot.js';
import type { FixedMachines } from '../../ports/compute/provider.js';
import type { HostKeyScanner } from '../../ports/runtime/host-key-scan.js';

/** Connection types that run over SSH, so that there are host keys. */
const SSH_TYPES: readonly string[] = ['ssh', 'network_cli'];

/** The machines of a static provider, as configured (spec BUILDER 1.7). */
export class StaticMachines implements FixedMachines {
  private readonly machines = new Map<string, StaticNodeConfig>();

  constructor(
    config: ProviderConfig,
    private readonly scanner: HostKeyScanner,
  ) {
    for (const pool of config.pools.values()) {
      for (const node of staticNodes(pool)) {
        if (!this.machines.has(machineKey(node))) this.machines.set(machineKey(node), node);
      }
    }
  }

  /** As many slots per machine as it may have jobs at once, numbered from 0. */
  slots(pool: PoolConfig): readonly FixedSlot[] {
    const slots = staticNodes(pool).flatMap((node) =>
      Array.from({ length: node.maxParallelJobs }, (_, number) => slotOf(node, number)),
    );
    // A machine that is listed twice is one machine all the same.
    return [...new Map(slots.map((slot) => [slot.key, slot])).values()];
  }

  /**
   * Connects to the machine and compares its host keys; does neither if host keys are not to be checked.
   * @throws ProviderError (a configured key is missing, or no such machine), ScanTimeoutError, NoHostKeysError, the signal's reason
   */
  async check(slot: FixedSlot, signal: AbortSignal): Promise<{ readonly hostKeys: readonly string[] }> {
    signal.throwIfAborted();
    const node = this.machines.get(machineKey({ ...slot, name: slot.hostname }));
    if (!node) throw new ProviderError('not-found', `There is no machine ${slot.hostname} in the configuration`);
    if (!node.hostKeyChecking) return { hostKeys: [] };
    const gather = SSH_TYPES.includes(node.connectionType) ? 'keys' : 'port';
    const target = { host: node.name, port: node.connectionPort, gather } as const;
    const hostKeys = await this.scanner.scan(target, node.timeout, signal);
    if (gather === 'keys') requireKeys(node, hostKeys);
    return { hostKeys };
  }
}

function slotOf(node: StaticNodeConfig, number: number): FixedSlot {
  return {
    key: `${machineKey(node)}#${number}`,
    hostname: node.name,
    slot: number,
    labels: node.labels,
    username: node.username,
    connectionType: node.connectionType,
    connectionPort: node.connectionPort,
    pythonPath: node.pythonPath,
    shellType: node.shellType,
  };
}

/** What tells one machine from another. */
function machineKey(node: Pick<StaticNodeConfig, 'name' | 'username' | 'connectionPort'>): string {
  return `${node.username}@${node.name}:${node.connectionPort}`;
}

function requireKeys(node: StaticNodeConfig, found: readonly string[]): void {
  const known = new Set(found.map(withoutComment));
  const missing = node.hostKeys.map(withoutComment).filter((key) => !known.has(key));
  if (missing.length === 0) return;
  throw new ProviderError(
    'transient',
    `Host key mismatch: ${node.name}:${node.connectionPort} shows ${kinds(found)}, but not the configured ${kinds(missing)}`,
    { metric: 'error.keyscan' },
  );
}

function withoutComment(key: string): string {
  return key.trim().split(/\s+/).slice(0, 2).join(' ');
}

/** Keys are long; their kinds and ends tell them apart. */
function kinds(keys: readonly string[]): string {
  return keys.map((key) => `${key.split(' ')[0] ?? ''} …${withoutComment(key).slice(-12)}`).join(', ') || 'none';
}
