import type { Node } from '../../domain/model/node.js';
import type { Instance, InstanceSpec, Provider } from '../../ports/compute/provider.js';
import { ProviderError, providerErrorKind } from '../../ports/compute/errors.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { asError, sleep } from '../../ports/toolkit/sleep.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { ProviderConfig } from '../../domain/config/config.js';
import { DeadlineError, withDeadline } from '../../ports/toolkit/deadline.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import { LaunchJournal } from './launch-journal.js';
import { LaunchMetrics } from './launch-metrics.js';
import type { LaunchPermission } from './launch-permission.js';
import { DELETE_TIMEOUT } from './services.js';
import type { LauncherServices } from './services.js';
import { moveNode } from './moves.js';

export type LaunchOutcome =
  | { readonly kind: 'ready' }
  /** All attempts failed; the record says `failed`. */
  | { readonly kind: 'failed'; readonly attempts: number; readonly problem: string }
  /** The cloud has no room, or wants less calls: the record says `aborted`. `spent` attempts are used up. */
  | { readonly kind: 'refused'; readonly spent: number; readonly problem: string }
  /** The cloud's quota is used up; the record says `aborted`. */
  | { readonly kind: 'aborted'; readonly problem: string }
  /** The node's lease is gone: nothing was or will be written. */
  | { readonly kind: 'lost' };

export interface LaunchJob {
  readonly lease: RecordLease<Node>;
  readonly provider: Provider;
  readonly config: ProviderConfig;
  readonly spec: InstanceSpec;
  readonly scan: 'keys' | 'port' | 'none';
  /** Leave for the first attempt; null: none was needed. */
  readonly permission: LaunchPermission | null;
  /** Attempts used up before, by nodes that were given up. */
  readonly spent: number;
  /** Where leave for further attempts comes from. */
  readonly breaker: Pick<CircuitBreaker, 'allowed' | 'begin' | 'noticeSilence'>;
  readonly connection: { readonly port: number; readonly type: string | null };
}

/** Before the broken instance of a failed attempt is deleted once more, seconds. */
const UNDO_PAUSE = 5;
/** For the cloud to answer that it has accepted an instance, seconds. */
const CREATE_DEADLINE = 300;
const UNDO_TRIES = 3;

/** Launches one node under its lease: attempts, undoing what broke, host keys, the ready record (spec LAUNCHER 2.7). */
export class NodeLaunch {
  private readonly metrics: LaunchMetrics;
  private readonly journal: LaunchJournal;
  private readonly attempts: number;

  constructor(
    private readonly services: Pick<LauncherServices, 'clock' | 'scanner' | 'metrics' | 'journal'>,
    private readonly logger: Logger,
    private readonly job: LaunchJob,
  ) {
    this.metrics = new LaunchMetrics(services.metrics, job.spec, job.lease.current.value);
    this.attempts = Math.max(1, job.config.launchRetries);
    this.journal = new LaunchJournal(services.journal, job.lease.current, this.attempts);
  }

  async run(): Promise<LaunchOutcome> {
    const { lease, breaker, spec } = this.job;
    let permission = this.job.permission ?? breaker.begin(spec.az);
    for (let attempt = this.job.spent + 1; ; attempt += 1) {
      const started = this.services.clock.monotonic();
      const elapsed = (): number => this.services.clock.monotonic() - started;
      this.journal.launching(attempt);
      try {
        await this.attempt(permission);
        permission.succeed();
        this.metrics.report('ready', elapsed());
        this.journal.ready(attempt, elapsed());
        return { kind: 'ready' };
      } catch (error) {
        if (lease.signal.aborted) {
          permission.cancel();
          this.metrics.report('error.zksession', elapsed());
          return { kind: 'lost' };
        }
        this.metrics.report(launchResult(error), elapsed());
        const outcome = await this.afterFailure(asError(error), attempt, permission.fail(error));
        if (outcome) return outcome;
        permission = breaker.begin(spec.az);
      }
    }
  }

  private async attempt(permission: LaunchPermission): Promise<void> {
    const { lease, provider, config, spec } = this.job;
    const ready = await withDeadline(
      this.services.clock,
      config.launchTimeout,
      `launching node ${lease.id}`,
      lease.signal,
      async (signal) => {
        const externalId = await this.create(signal);
        permission.accept();
        // A driver that heeds no signal must not write into the next attempt.
        signal.throwIfAborted();
        await lease.update({ externalId });
        const instance = await provider.waitUntilRunning(externalId, spec, signal);
        const interfaceIp = this.interfaceIp(instance);
        return { instance, interfaceIp, hostKeys: await this.hostKeys(instance, interfaceIp, signal) };
      },
    );
    const { instance, interfaceIp, hostKeys } = ready;
    await moveNode(lease, 'ready', { ...readyFields(instance, lease.current.value), interfaceIp, hostKeys });
  }

  /** A create is answered at once or never: whoever waits for it to the end of `launch-timeout` outlasts the trouble by an hour. */
  private create(launching: AbortSignal): Promise<string> {
    const { provider, spec } = this.job;
    return withDeadline(this.services.clock, CREATE_DEADLINE, `creating ${spec.hostname}`, launching, (signal) =>
      provider.create(spec, signal),
    );
  }

  private interfaceIp(instance: Instance): string | null {
    const { useInternalIp } = this.job.spec.pool;
    const internal = useInternalIp ? (instance.privateIpv4 ?? instance.privateIpv6) : null;
    const address = internal ?? instance.interfaceIp;
    if (!address) {
      if (hasCredentials(instance)) return null;
      throw new ProviderError('transient', 'Unable to find public IP of server', { metric: 'error.network' });
    }
    return address;
  }

  private async hostKeys(
    instance: Instance,
    interfaceIp: string | null,
    launching: AbortSignal,
  ): Promise<readonly string[]> {
    const { lease, config, connection, spec } = this.job;
    if (this.job.scan === 'none' || interfaceIp === null || hasCredentials(instance)) return [];
    const scan = instance.connectionType ? gatheredFrom(instance.connectionType) : this.job.scan;
    if (instance.hostKeys !== null) return scan === 'keys' ? instance.hostKeys : [];
    const target = { host: interfaceIp, port: portOf(instance) ?? connection.port, gather: scan } as const;
    const patience = spec.label.bootTimeout ?? config.bootTimeout;
    this.journal.scanning();
    return withDeadline(this.services.clock, patience + 15, `host keys of ${lease.id}`, launching, (signal) =>
      this.services.scanner.scan(target, patience, signal),
    );
  }

  /** Answers the outcome if there will be no further attempt. */
  private async afterFailure(
    error: Error,
    attempt: number,
    refusal: 'news' | 'known',
  ): Promise<LaunchOutcome | undefined> {
    const { attempts } = this;
    const problem = error.message;
    try {
      await this.rememberLeftBehind(error);
      if (providerErrorKind(error) === 'quota') return await this.giveUpForQuota(problem);
      this.logger.warn(`Launch attempt ${attempt} of ${attempts} failed`, errorFields(error));
      // Who was refused for what was known already has not had its attempt.
      const spent = refusal === 'known' ? attempt - 1 : attempt;
      if (spent < attempts && !this.goesOn(error)) return await this.giveUpForNow(attempt, spent, problem);
      return await this.giveUpUnlessReady(error, attempt);
    } catch (failure) {
      if (this.job.lease.signal.aborted) return { kind: 'lost' };
      this.logger.error('The failed launch could not be recorded', errorFields(failure));
      return { kind: 'failed', attempts: attempt, problem };
    }
  }

  /** What a failed create has made is in the record, so that it is found and deleted. */
  private async rememberLeftBehind(error: Error): Promise<void> {
    const { lease } = this.job;
    const leftBehind = error instanceof ProviderError ? error.details.externalId : undefined;
    if (leftBehind === undefined || lease.current.value.externalId !== null) return;
    await lease.update({ externalId: leftBehind });
  }

  private async giveUpForQuota(problem: string): Promise<LaunchOutcome> {
    const { lease, config } = this.job;
    this.logger.info(`The quota of ${config.name} is used up`, { problem });
    await moveNode(lease, 'aborted');
    this.journal.aborted(config.name, problem);
    return { kind: 'aborted', problem };
  }

  /** Answers undefined when all is ready for the next attempt. */
  private async giveUpUnlessReady(error: Error, attempt: number): Promise<LaunchOutcome | undefined> {
    const problem = error.message;
    const again = attempt < this.attempts;
    if (again) this.journal.attemptFailed(attempt, problem);
    await this.logConsole(error);
    if (again && providerErrorKind(error) !== 'configuration' && (await this.undo())) return undefined;
    await moveNode(this.job.lease, 'failed');
    this.journal.failed(attempt, problem);
    return { kind: 'failed', attempts: attempt, problem };
  }

  /** May the next attempt follow at once? A cloud that has no room, or is asked too much, is left in peace. */
  private goesOn(error: Error): boolean {
    const kind = providerErrorKind(error);
    if (kind === 'configuration') return true;
    this.job.breaker.noticeSilence();
    return kind !== 'capacity' && kind !== 'rate' && this.job.breaker.allowed(this.job.spec.az) > 0;
  }

  /** The request waits, without a record that takes room; what is left behind is deleted with this one. */
  private async giveUpForNow(attempt: number, spent: number, problem: string): Promise<LaunchOutcome> {
    await moveNode(this.job.lease, 'aborted');
    this.journal.refused(attempt, problem);
    return { kind: 'refused', spent, problem };
  }

  /** Deletes the broken instance before the next attempt, so that a node never has two. Answers whether it is gone. */
  private async undo(): Promise<boolean> {
    const { lease, provider } = this.job;
    const externalId = lease.current.value.externalId;
    if (externalId === null) return true;
    for (let tries = 1; ; tries += 1) {
      try {
        await withDeadline(this.services.clock, DELETE_TIMEOUT, `deleting ${externalId}`, lease.signal, (signal) =>
          provider.delete(externalId, signal),
        );
        await lease.update({ externalId: null });
        return true;
      } catch (error) {
        if (lease.signal.aborted) throw error;
        this.logger.warn(`The broken instance ${externalId} could not be deleted`, errorFields(error));
        if (tries >= UNDO_TRIES) return false;
        await sleep(this.services.clock, UNDO_PAUSE, lease.signal);
      }
    }
  }

  private async logConsole(error: Error): Promise<void> {
    const { spec, provider, lease } = this.job;
    const externalId = lease.current.value.externalId;
    if (!spec.label.consoleLog || externalId === null || !('metric' in error)) return;
    try {
      const text = await withDeadline(this.services.clock, 30, 'reading the console', lease.signal, (signal) =>
        provider.consoleLog(externalId, signal),
      );
      for (const line of (text ?? '').split('\n')) this.logger.info(`console: ${line}`);
    } catch (failure) {
      this.logger.warn('The console log could not be read', errorFields(failure));
    }
  }
}

function readyFields(instance: Instance, node: Node): Partial<Node> {
  return {
    externalId: instance.externalId,
    publicIpv4: instance.publicIpv4,
    privateIpv4: instance.privateIpv4 ?? instance.publicIpv4,
    publicIpv6: instance.publicIpv6,
    az: instance.az ?? node.az,
    region: instance.region ?? node.region,
    cloud: instance.cloud ?? node.cloud,
    hostId: instance.hostId,
    resources: instance.resources ?? node.resources,
    connectionPort: instance.connectionPort ?? node.connectionPort,
    connectionType: instance.connectionType ?? node.connectionType,
    username: instance.username ?? node.username,
    pythonPath: instance.pythonPath ?? node.pythonPath,
    shellType: instance.shellType ?? node.shellType,
  };
}

/** Clients get in with what is in the record, not by an address. */
function hasCredentials({ connectionPort }: Instance): boolean {
  return typeof connectionPort === 'object' && connectionPort !== null;
}

function portOf({ connectionPort }: Instance): number | undefined {
  return typeof connectionPort === 'number' ? connectionPort : undefined;
}

/** What a scan gathers where nodes are connected to in this way: who does not speak SSH has no keys. */
export function gatheredFrom(connectionType: string | null): 'keys' | 'port' {
  return connectionType === 'ssh' || connectionType === 'network_cli' ? 'keys' : 'port';
}

/** The last part of the metric names (spec LAUNCHER 5). */
export function launchResult(error: unknown): string {
  if (error instanceof DeadlineError) return 'error.unknown';
  if (error instanceof ProviderError) {
    return error.details.metric ?? (error.kind === 'quota' ? 'error.quota' : 'error.unknown');
  }
  if (error instanceof Error && 'metric' in error && typeof error.metric === 'string') return error.metric;
  return 'error.unknown';
}
