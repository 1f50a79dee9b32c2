import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../domain/config/config.js';
import { execSettings } from '../../domain/config/exec-driver.js';
import type { Resources } from '../../domain/model/quota.js';
import type { DriverContext } from '../../ports/compute/driver.js';
import type { CloudImage, ImageProvider, ImageUploadSpec } from '../../ports/compute/images.js';
import type {
  AccountInstance,
  Instance,
  InstanceSpec,
  LabelReadiness,
  Provider,
} from '../../ports/compute/provider.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { ExecProgram } from './exec-program.js';
import type { ExecSession } from './exec-session.js';
import type { ExecMethod } from './protocol.js';
import { EXEC_PROTOCOL } from './protocol.js';

/** Seconds the program is told that we wait. */
const ASK = 120;
const DELETE = 600;
/** Seconds between two questions about labels. */
const LABEL_CHECK = 60;

/** Numbers of builds and uploads repeat from image to image, and names do where `image-name-format` has no time in it. */
const UPLOAD_MARKS = [
  'nodepool_installation_id',
  'nodepool_provider_name',
  'nodepool_build_id',
  'nodepool_upload_id',
] as const;

interface KnownLabel {
  readonly readiness: LabelReadiness;
  readonly resources: Resources;
}

/**
 * A provider in a program of its own. Answers of the program are handed on as they come: whoever holds this object looks at them
 * (`GuardedProvider`).
 */
export class ExecProvider implements Provider {
  readonly fixed = null;
  private readonly program: ExecProgram;
  private readonly tasks: Supervisor;
  private readonly labels = new Map<string, KnownLabel>();
  private readonly keepsImages: ImageProvider;

  constructor(
    private readonly config: ProviderConfig,
    private readonly context: DriverContext,
    open: () => ExecSession,
  ) {
    const { startTimeout, settings } = execSettings(config);
    const params = { protocol: EXEC_PROTOCOL, provider: config.name, settings };
    const { clock, logger } = context;
    const greeting = { params, timeout: startTimeout };
    this.program = new ExecProgram(open, greeting, clock, logger, (signal) => this.askForLabels(signal));
    this.tasks = new Supervisor((name, error) => logger.error(`${name} failed`, errorFields(error)));
    this.keepsImages = {
      upload: (spec, signal) => this.upload(spec, signal),
      remove: (externalId, signal) => this.nothing('image-remove', { externalId }, DELETE, signal),
      list: (signal) => this.ask<readonly CloudImage[]>('image-list', {}, ASK, signal),
    };
  }

  get images(): ImageProvider | null {
    return this.program.hello?.capabilities.images === true ? this.keepsImages : null;
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.program.start(signal);
    const { name, version } = this.program.hello ?? {};
    this.context.logger.info('The driver program runs', { program: name, version });
    this.tasks.start('asking for labels', async (stopping) => {
      while (!stopping.aborted) {
        await sleep(this.context.clock, LABEL_CHECK, stopping).catch(() => undefined);
        if (!stopping.aborted && this.program.hello) await this.askForLabels(stopping);
      }
    });
  }

  async stop(): Promise<void> {
    await Promise.all([this.tasks.stop(), this.program.stop()]);
  }

  labelReady(pool: PoolConfig, label: PoolLabelConfig): LabelReadiness {
    return this.labels.get(labelKey(pool, label))?.readiness ?? { ready: true };
  }

  resourcesOf(pool: PoolConfig, label: PoolLabelConfig): Resources {
    return this.labels.get(labelKey(pool, label))?.resources ?? { instances: 1 };
  }

  limits(signal: AbortSignal): Promise<Resources> {
    return this.ask('limits', {}, ASK, signal, 'quota', {});
  }

  availabilityZones(signal: AbortSignal): Promise<readonly string[]> {
    return this.ask('zones', {}, ASK, signal, 'zones', []);
  }

  async create(spec: InstanceSpec, signal: AbortSignal): Promise<string> {
    const call = {
      method: 'create' as const,
      params: specParams(spec),
      deadline: this.config.launchTimeout,
      key: spec.idempotencyKey,
    };
    const answer = await this.program.call(call, signal);
    return typeof answer === 'object' && answer !== null && 'externalId' in answer
      ? (answer.externalId as string)
      : (answer as string);
  }

  waitUntilRunning(externalId: string, spec: InstanceSpec, signal: AbortSignal): Promise<Instance> {
    return this.ask('wait', { externalId, ...specParams(spec) }, this.config.launchTimeout, signal);
  }

  delete(externalId: string, signal: AbortSignal): Promise<void> {
    return this.nothing('delete', { externalId }, DELETE, signal);
  }

  list(signal: AbortSignal): Promise<readonly AccountInstance[]> {
    return this.ask('list', {}, ASK, signal);
  }

  consoleLog(externalId: string, signal: AbortSignal): Promise<string | null> {
    return this.ask('console', { externalId }, ASK, signal, 'console', null);
  }

  private async upload(spec: ImageUploadSpec, signal: AbortSignal): Promise<string> {
    const deadline = this.config.imageUploadTimeout;
    const key = [...UPLOAD_MARKS.map((mark) => spec.properties[mark] ?? ''), spec.name].join('/');
    return (await this.program.call({ method: 'image-upload', params: { ...spec }, deadline, key }, signal)) as string;
  }

  /** @param unless what is answered without asking if the program has not the capability */
  private async ask<T>(
    method: ExecMethod,
    params: Readonly<Record<string, unknown>>,
    deadline: number,
    signal: AbortSignal,
    capability?: 'quota' | 'zones' | 'console',
    unless?: T,
  ): Promise<T> {
    signal.throwIfAborted();
    const { hello } = this.program;
    if (capability && hello && !hello.capabilities[capability]) return unless as T;
    return (await this.program.call({ method, params, deadline }, signal)) as T;
  }

  private async nothing(
    method: ExecMethod,
    params: Readonly<Record<string, unknown>>,
    deadline: number,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    await this.program.call({ method, params, deadline }, signal);
  }

  /** Never rejects: a label that cannot be asked for counts as before, or as not ready. */
  private async askForLabels(signal: AbortSignal): Promise<void> {
    if (this.program.hello?.capabilities.labels !== true) return;
    const all = [...this.config.pools.values()].flatMap((pool) =>
      [...pool.labels.values()].map((label) => ({ pool, label })),
    );
    await Promise.all(all.map(({ pool, label }) => this.askForLabel(pool, label, signal)));
  }

  private async askForLabel(pool: PoolConfig, label: PoolLabelConfig, signal: AbortSignal): Promise<void> {
    const key = labelKey(pool, label);
    try {
      const params = { pool: poolParams(pool), label: labelParams(label) };
      const answer = await this.program.call({ method: 'label', params, deadline: ASK }, signal);
      const { ready, problem, broken, resources } = answer as LabelReadiness & { readonly resources?: Resources };
      const why = problem === undefined ? {} : { problem };
      this.labels.set(key, {
        readiness: { ready: ready === true, ...why, broken: broken === true },
        resources: resources ?? { instances: 1 },
      });
    } catch (error) {
      if (signal.aborted) return;
      if (this.labels.has(key)) return;
      const problem = error instanceof Error ? error.message : 'unknown';
      this.labels.set(key, { readiness: { ready: false, problem }, resources: { instances: 1 } });
    }
  }
}

function labelKey(pool: PoolConfig, label: PoolLabelConfig): string {
  return `${pool.name}\n${label.name}`;
}

function poolParams({ name, settings }: PoolConfig): Readonly<Record<string, unknown>> {
  return { name, settings: settings['settings'] ?? {} };
}

function labelParams({ name, settings }: PoolLabelConfig): Readonly<Record<string, unknown>> {
  return { name, settings: settings['settings'] ?? {} };
}

function specParams(spec: InstanceSpec): Readonly<Record<string, unknown>> {
  const { nodeId, hostname, image, az, metadata } = spec;
  return { node: nodeId, hostname, image, az, metadata, pool: poolParams(spec.pool), label: labelParams(spec.label) };
}
