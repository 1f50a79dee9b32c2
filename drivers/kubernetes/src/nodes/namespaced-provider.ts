import type { AccountInstance, DriverContext, Instance, InstanceSpec, ProviderConfig } from 'nodepool/driver';
import { hasStatus } from '../client/api-failure.js';
import { follow } from '../client/follow.js';
import type { Followed } from '../client/follow.js';
import type { KubeObject } from '../client/objects.js';
import { pause } from '../client/pause.js';
import { labelSettings } from '../config/label-settings.js';
import type { LabelSettings } from '../config/label-settings.js';
import { Failure, isKind } from '../failure.js';
import { annotationsOf, labelsOf, marksOf } from '../made/marks.js';
import { dnsName, nodeName } from '../made/names.js';
import { podBody } from '../made/pod-body.js';
import { resourcesOf } from '../made/resources.js';
import { connectionTo } from './connection.js';
import { untilGone } from './deletion.js';
import { ACCOUNT, pieceOfPod } from './furniture.js';
import type { Piece } from './furniture.js';
import type { Homes } from './homes.js';
import { podJudge } from './pod-judge.js';
import type { ProviderOptions } from './provider-base.js';
import { facts, KubeProvider } from './provider-base.js';

/** For what was made too much to be gone again before the failure is told, seconds. */
const UNDO = 30;

/** Nodes that have a namespace or a project each, with a pod in it or without. */
export class NamespacedProvider extends KubeProvider {
  constructor(
    private readonly homes: Homes,
    config: ProviderConfig,
    context: DriverContext,
    options?: ProviderOptions,
  ) {
    super(config, context, options);
  }

  protected async tryOut(signal: AbortSignal): Promise<void> {
    await this.client.list(this.homes.collection + this.homes.query(this.config.name), signal);
  }

  async create(spec: InstanceSpec, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const name = nodeName(spec.pool.name, spec);
    await this.build(name, spec, signal);
    try {
      for (const piece of this.pieces(name, spec)) await this.furnish(name, piece, signal);
      return name;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw error.kind === 'quota' && (await this.undone(name, signal)) ? error : error.of(name);
    }
  }

  async waitUntilRunning(externalId: string, spec: InstanceSpec, signal: AbortSignal): Promise<Instance> {
    signal.throwIfAborted();
    await this.standing(externalId, signal);
    const { token, ca } = await this.credentials(externalId, signal);
    const settings = labelSettings(spec.pool, spec.label);
    const pod = hasPod(settings) ? dnsName(spec.label.name) : null;
    const running = pod === null ? null : await this.running(pod, externalId, signal);
    await this.standing(externalId, signal);
    const way = { namespace: externalId, pod, token, ca, named: this.homes.named };
    return {
      ...facts(externalId, pod, running?.machine ?? null, this.context),
      connectionType: pod === null ? this.homes.connectionType : 'kubectl',
      connectionPort: connectionTo(await this.client.current(), way),
      pythonPath: settings.pythonPath,
      shellType: settings.shellType,
    };
  }

  async delete(externalId: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const home = await this.find(externalId, signal);
    if (!home) return;
    if (!this.isNode(home)) {
      throw new Failure(
        'configuration',
        `The ${this.homes.kind} ${externalId} bears no marks of a node: it is not deleted`,
      );
    }
    await this.clear(externalId, this.patience.deletion, signal);
  }

  async list(signal: AbortSignal): Promise<readonly AccountInstance[]> {
    signal.throwIfAborted();
    const { items } = await this.client.list(this.homes.collection + this.homes.query(this.config.name), signal);
    return items.flatMap((home) => {
      const marks = marksOf(home);
      if (!marks) return [];
      return [{ externalId: home.metadata.name, metadata: marks.metadata, resources: marks.resources }];
    });
  }

  /** Makes the home, or finds it again [K23]. */
  private async build(name: string, spec: InstanceSpec, signal: AbortSignal): Promise<void> {
    const body = this.homes.body(name, spec, this.resourcesOf(spec.pool, spec.label));
    for (;;) {
      try {
        await this.client.post(this.homes.requests, body, signal);
        return;
      } catch (error) {
        if (!hasStatus(error, 409)) throw error;
      }
      const found = await this.find(name, signal);
      if (!found) continue;
      if (marksOf(found)?.key !== spec.idempotencyKey) {
        throw new Failure('configuration', `There is a ${this.homes.kind} ${name} already, of somebody else`);
      }
      if (found.metadata.deletionTimestamp === undefined && !isEnding(found)) return;
      await untilGone(this.client, this.followed(name), this.patience.deletion, signal);
    }
  }

  private pieces(name: string, spec: InstanceSpec): readonly Piece[] {
    const settings = labelSettings(spec.pool, spec.label);
    const furniture = this.homes.furniture(name, hasPod(settings));
    if (!hasPod(settings)) return furniture;
    const body = podBody({
      name: dnsName(spec.label.name),
      label: spec.label.name,
      settings,
      labels: labelsOf(spec),
      annotations: annotationsOf(spec, resourcesOf(settings)),
    });
    return [...furniture, pieceOfPod(body)];
  }

  /** What is there already is there. What a new namespace does not allow yet, it will in a moment. */
  private async furnish(name: string, { group, collection, body }: Piece, signal: AbortSignal): Promise<void> {
    const { clock } = this.client;
    const end = clock.monotonic() + this.patience.settling;
    for (let rest = 0.1; ; rest = Math.min(rest * 2, 2)) {
      try {
        await this.client.post(`${inside(name, group)}/${collection}`, body, signal);
        return;
      } catch (error) {
        if (hasStatus(error, 409)) return;
        const settles = hasStatus(error, 403, 404) && !isKind(error, 'quota');
        if (!settles || clock.monotonic() + rest > end) throw error;
      }
      await pause(clock, rest, signal);
    }
  }

  /** The token of the account, once the control plane has made it. */
  private credentials(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly token: string; readonly ca: string | null }> {
    const end = this.client.clock.monotonic() + this.patience.token;
    return follow(
      this.client,
      { collection: `${inside(name, 'core')}/secrets`, name: ACCOUNT },
      (found) => {
        if (!found) throw gone(this.homes.kind, name);
        const { token, 'ca.crt': ca } = found.data ?? {};
        if (token) return { answer: { token: Buffer.from(token, 'base64').toString('utf8'), ca: ca ?? null } };
        const left = end - this.client.clock.monotonic();
        if (left > 0) return { within: left };
        const words = `No token for ${ACCOUNT} in ${name} after ${this.patience.token} s`;
        throw new Failure('transient', words, { externalId: name, metric: 'error.token' });
      },
      signal,
    );
  }

  private running(pod: string, name: string, signal: AbortSignal): Promise<{ readonly machine: string | null }> {
    const judge = podJudge(pod, name, this.client.clock, this.patience);
    return follow(this.client, { collection: `${inside(name, 'core')}/pods`, name: pod }, judge, signal);
  }

  /** @throws Failure kind `not-found` if the home is gone, or going */
  private async standing(name: string, signal: AbortSignal): Promise<void> {
    const home = await this.find(name, signal);
    if (!home || home.metadata.deletionTimestamp !== undefined || isEnding(home)) throw gone(this.homes.kind, name);
  }

  /** By listing: who may not look at everything is told 403 of a project that is not there. */
  private async find(name: string, signal: AbortSignal): Promise<KubeObject | null> {
    const query = `?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
    const { items } = await this.client.list(this.homes.collection + query, signal);
    return items.find(({ metadata }) => metadata.name === name) ?? null;
  }

  private isNode(home: KubeObject): boolean {
    if (marksOf(home)) return true;
    // The original marks projects by their names alone.
    const { name } = home.metadata;
    return [...this.config.pools.keys()].some((pool) => name.startsWith(`${pool}-`)) && /-\d{10}$/.test(name);
  }

  private async clear(name: string, limit: number, signal: AbortSignal): Promise<void> {
    try {
      await this.client.delete(`${this.homes.collection}/${encodeURIComponent(name)}`, signal);
    } catch (error) {
      // 403: of a project that is gone; 409: it is going already.
      if (!hasStatus(error, 403, 404, 409)) throw error;
      if (hasStatus(error, 403) && (await this.find(name, signal))?.metadata.deletionTimestamp === undefined) {
        if (await this.find(name, signal)) throw error;
      }
    }
    await untilGone(this.client, this.followed(name), limit, signal);
  }

  private async undone(name: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.clear(name, UNDO, signal);
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      return false;
    }
  }

  private followed(name: string): Followed {
    return { collection: this.homes.collection, name };
  }
}

function hasPod({ type }: LabelSettings): boolean {
  return type === 'pod';
}

function inside(namespace: string, group: Piece['group']): string {
  const api = group === 'core' ? '/api/v1' : '/apis/rbac.authorization.k8s.io/v1';
  return `${api}/namespaces/${encodeURIComponent(namespace)}`;
}

function isEnding({ status }: KubeObject): boolean {
  return (status as { readonly phase?: string } | undefined)?.phase === 'Terminating';
}

function gone(kind: string, name: string): Failure {
  return new Failure('not-found', `The ${kind} ${name} is gone`, { externalId: name, metric: 'error.deleted' });
}
