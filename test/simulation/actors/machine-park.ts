import { NoHostKeysError, ScanTimeoutError } from '../../../src/ports/runtime/host-key-scan.js';
import type { HostKeyScanner, HostKeyScanTarget } from '../../../src/ports/runtime/host-key-scan.js';
import { sleep } from '../../../src/ports/toolkit/sleep.js';
import type { SimProcess } from '../kernel/sim-process.js';
import { keyOf } from '../scenario/machines.js';

/** Seconds that an answer takes at most. */
const LATENCY = 0.2;

/** Silent machines do not answer; in place of others something answers that has another key. */
export type MachineTrouble = 'silent' | 'stranger';

/** Machines that exist by themselves, as the network shows them. */
export class MachinePark {
  private readonly troubles = new Map<string, { readonly kind: MachineTrouble; readonly since: number }>();

  constructor(private readonly now: () => number) {}

  /** Answers how to end it. */
  trouble(host: string, port: number, kind: MachineTrouble): () => void {
    const machine = machineName(host, port);
    if (this.troubles.has(machine)) return () => undefined;
    this.troubles.set(machine, { kind, since: this.now() });
    return () => this.troubles.delete(machine);
  }

  /** For how many seconds it has been unfit without a break; 0 = it is fit. */
  unfitFor(machine: string): number {
    const since = this.troubles.get(machine)?.since;
    return since === undefined ? 0 : this.now() - since;
  }

  /** The network as one process sees it. */
  seenBy(process: SimProcess): HostKeyScanner {
    return { scan: (target, timeout, signal) => process.guard(this.scan(process, target, timeout, signal)) };
  }

  private async scan(
    { clock, dice }: SimProcess,
    { host, port, gather }: HostKeyScanTarget,
    timeout: number,
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    const machine = machineName(host, port);
    await sleep(clock, dice.between(0, LATENCY), signal);
    const kind = this.troubles.get(machine)?.kind;
    if (kind === 'silent') {
      await sleep(clock, timeout, signal);
      throw new ScanTimeoutError(`${machine} does not answer`);
    }
    if (gather === 'port') throw new NoHostKeysError(`${machine} shows no key`);
    return [kind === 'stranger' ? keyOf('a stranger') : keyOf(host)];
  }
}

export function machineName(host: string, port: number): string {
  return `${host}:${port}`;
}
