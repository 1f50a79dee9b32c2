import type { AccountInstance, Instance, InstanceSpec, Resources } from 'nodepool/driver';
import { hasStatus } from '../client/api-failure.js';
import { follow } from '../client/follow.js';
import type { KubeObject } from '../client/objects.js';
import { labelSettings } from '../config/label-settings.js';
import { Failure, isKind } from '../failure.js';
import { annotationsOf, labelsOf, marksOf } from '../made/marks.js';
import { nodeName } from '../made/names.js';
import { podBody } from '../made/pod-body.js';
import { podResources, quotaLimits, resourcesOf, sumOfLimits } from '../made/resources.js';
import { connectionTo } from './connection.js';
import { untilGone } from './deletion.js';
import { podJudge } from './pod-judge.js';
import { facts, KubeProvider } from './provider-base.js';

interface Place {
  readonly project: string;
  readonly pod: string;
}

/** Nodes that are pods in one project per pool, which somebody else has made. */
export class PodsProvider extends KubeProvider {
  protected async tryOut(signal: AbortSignal): Promise<void> {
    const { token } = await this.client.current();
    if (token === null) {
      const words = `Context ${this.context ?? ''} has no token: pods are used with the token of the context`;
      throw new Failure('configuration', words);
    }
    for (const project of this.projects()) await this.client.list(podsOf(project), signal);
  }

  async create(spec: InstanceSpec, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const settings = labelSettings(spec.pool, spec.label);
    const place = { project: spec.pool.name, pod: nodeName(spec.label.name, spec) };
    const body = podBody({
      name: place.pod,
      label: spec.label.name,
      settings,
      labels: labelsOf(spec),
      annotations: annotationsOf(spec, resourcesOf(settings)),
    });
    for (;;) {
      try {
        await this.client.post(podsOf(place.project), body, signal);
        return idOf(place);
      } catch (error) {
        if (!hasStatus(error, 409)) throw error;
      }
      const found = await this.find(place, signal);
      if (!found) continue;
      if (marksOf(found)?.key !== spec.idempotencyKey) {
        throw new Failure('configuration', `There is a pod ${place.pod} in ${place.project} already, of somebody else`);
      }
      if (found.metadata.deletionTimestamp === undefined) return idOf(place);
      await this.gone(place, signal);
    }
  }

  async waitUntilRunning(externalId: string, spec: InstanceSpec, signal: AbortSignal): Promise<Instance> {
    signal.throwIfAborted();
    const place = { project: spec.pool.name, pod: nodeName(spec.label.name, spec) };
    if (idOf(place) !== externalId) throw new Failure('not-found', `There is no pod ${externalId}`, { externalId });
    const settings = labelSettings(spec.pool, spec.label);
    const judge = podJudge(place.pod, externalId, this.client.clock, this.patience);
    const what = { collection: podsOf(place.project), name: place.pod };
    const { machine } = await follow(this.client, what, judge, signal);
    const access = await this.client.current();
    const way = { namespace: place.project, pod: place.pod, token: access.token ?? '', ca: access.ca, named: false };
    return {
      ...facts(externalId, place.pod, machine, this.context),
      connectionType: 'kubectl',
      connectionPort: connectionTo(access, way),
      pythonPath: settings.pythonPath,
      shellType: settings.shellType,
    };
  }

  async delete(externalId: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const place = await this.placeOf(externalId, signal);
    if (!place) return;
    try {
      await this.client.delete(`${podsOf(place.project)}/${encodeURIComponent(place.pod)}`, signal);
    } catch (error) {
      if (!isKind(error, 'not-found')) throw error;
    }
    await this.gone(place, signal);
  }

  /** Pods of others take quota, too. */
  async list(signal: AbortSignal): Promise<readonly AccountInstance[]> {
    signal.throwIfAborted();
    const lists = await Promise.all(
      this.projects().map(async (project) => {
        const { items } = await this.client.list(podsOf(project), signal);
        return items.map((pod) => entryOf(project, pod));
      }),
    );
    return lists.flat();
  }

  override async limits(signal: AbortSignal): Promise<Resources> {
    signal.throwIfAborted();
    return sumOfLimits(await Promise.all(this.projects().map((project) => this.quotas(project, signal))));
  }

  /** Who may not read quotas learns of them when they are exceeded [K18]. */
  private async quotas(project: string, signal: AbortSignal): Promise<Resources> {
    try {
      const { items } = await this.client.list(`${inside(project)}/resourcequotas`, signal);
      return quotaLimits(items);
    } catch (error) {
      if (hasStatus(error, 403, 404)) return {};
      throw error;
    }
  }

  private projects(): readonly string[] {
    return [...this.config.pools.keys()];
  }

  private gone({ project, pod }: Place, signal: AbortSignal): Promise<void> {
    return untilGone(this.client, { collection: podsOf(project), name: pod }, this.patience.deletion, signal);
  }

  private async find({ project, pod }: Place, signal: AbortSignal): Promise<KubeObject | null> {
    try {
      return await this.client.get(`${podsOf(project)}/${encodeURIComponent(pod)}`, signal);
    } catch (error) {
      if (isKind(error, 'not-found')) return null;
      throw error;
    }
  }

  /** `<project>-<pod>` can be read in more ways than one: the pod with the marks of a node is meant [K27]. */
  private async placeOf(externalId: string, signal: AbortSignal): Promise<Place | null> {
    for (const project of [...this.projects()].sort((a, b) => b.length - a.length)) {
      if (!externalId.startsWith(`${project}-`)) continue;
      const place = { project, pod: externalId.slice(project.length + 1) };
      const found = await this.find(place, signal);
      if (found && isNode(found)) return place;
    }
    return null;
  }
}

function inside(project: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(project)}`;
}

function podsOf(project: string): string {
  return `${inside(project)}/pods`;
}

function idOf({ project, pod }: Place): string {
  return `${project}-${pod}`;
}

/** Labels that the original sets, or our own marks. */
function isNode(pod: KubeObject): boolean {
  return marksOf(pod) !== null;
}

function entryOf(project: string, pod: KubeObject): AccountInstance {
  const marks = marksOf(pod);
  const externalId = idOf({ project, pod: pod.metadata.name });
  if (marks === null || marks.key === null) {
    return { externalId, metadata: marks?.metadata ?? {}, resources: podResources(pod) };
  }
  return { externalId, metadata: marks.metadata, resources: marks.resources };
}
