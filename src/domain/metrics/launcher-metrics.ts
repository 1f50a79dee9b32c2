/** Names of the launcher's metrics (spec LAUNCHER 5). Complete dotted keys, for the `Metrics` port. */
import type { NodeState } from '../model/node.js';
import { safePart } from './name-part.js';

/** One attempt to launch a node, as far as its metrics are concerned. */
export interface LaunchFacts {
  /** `ready` or `error.<what>`. */
  readonly result: string;
  readonly provider: string;
  readonly az: string | null;
  /** Name of the disk image or cloud image. */
  readonly image: string | null;
  readonly requestor: string | null;
}

/** Each is a timer and a counter. */
export function launch(result: string): string {
  return `nodepool.launch.${result}`;
}

export function launchByProvider(provider: string, result: string): string {
  return `nodepool.launch.provider.${provider}.${result}`;
}

export function launchByZone(provider: string, az: string, result: string): string {
  return `nodepool.launch.provider.${provider}.${az}.${result}`;
}

export function launchByImage(image: string, result: string): string {
  return `nodepool.launch.image.${image}.${result}`;
}

export function launchByRequestor(requestor: string, result: string): string {
  return `nodepool.launch.requestor.${safePart(requestor)}.${result}`;
}

/** All names under which one attempt is counted and timed. */
export function launchNames({ result, provider, az, image, requestor }: LaunchFacts): readonly string[] {
  const names = [launch(result), launchByProvider(provider, result)];
  if (az) names.push(launchByZone(provider, az, result));
  if (image) names.push(launchByImage(image, result));
  if (requestor) names.push(launchByRequestor(requestor, result));
  return names;
}

/** A timer; ours, beyond the original. */
export function timeToFulfil(label: string): string {
  return `nodepool.label.${label}.time_to_fulfil`;
}

export function nodes(state: NodeState): string {
  return `nodepool.nodes.${state}`;
}

export function providerNodes(provider: string, state: NodeState): string {
  return `nodepool.provider.${provider}.nodes.${state}`;
}

export function labelNodes(label: string, state: NodeState): string {
  return `nodepool.label.${label}.nodes.${state}`;
}

export function addressableRequests(provider: string, pool: string): string {
  return `nodepool.provider.${provider}.pool.${pool}.addressable_requests`;
}

/** Requests that wait for it in the pool, as a launcher sees it. @param reason a code */
export function waitingRequests(provider: string, pool: string, reason: string): string {
  return `nodepool.provider.${provider}.pool.${pool}.waiting.${reason}`;
}

/** A timer: how long a reason was what a request waited for, in one pool. @param reason a code */
export function waitedFor(reason: string): string {
  return `nodepool.request.waited.${reason}`;
}

/** Requests fulfilled long ago of whose nodes nobody has taken any; ours, not the original's. */
export const UNCLAIMED_REQUESTS = 'nodepool.unclaimed_requests';

export function maxServers(provider: string): string {
  return `nodepool.provider.${provider}.max_servers`;
}

/** Mistakes for which a changed configuration is not in force; 0 while all is well. */
export function launcherConfigMistakes(hostname: string): string {
  return `nodepool.launcher.${hostname}.config_mistakes`;
}

/** 1 while the launcher cannot use the provider, else 0. */
export function outOfService(provider: string): string {
  return `nodepool.provider.${provider}.out_of_service`;
}

/** @param cause `capacity` (counted by zone), `rate` or `silence` */
export function heldCreates(provider: string, cause: string): string {
  return `nodepool.provider.${provider}.held_creates.${cause}`;
}

export function tenantLimit(tenant: string, resource: string): string {
  return `nodepool.tenant_limits.${safePart(tenant)}.${safePart(resource)}`;
}

/** @param kind what leaked, in the plural: `instances`, `images`, `ports`, `floatingips` */
export function leaked(provider: string, kind: string): string {
  return `nodepool.provider.${provider}.leaked.${kind}`;
}

export function leakedInstances(provider: string): string {
  return leaked(provider, 'instances');
}

/** The name that the manual documents for `leaked.ports`; both are sent. */
export function downPorts(provider: string): string {
  return `nodepool.provider.${provider}.downPorts`;
}

/** Calls to the store that have no answer yet. */
export function storeQueue(hostname: string): string {
  return `nodepool.launcher.${hostname}.zk.client.connection_queue`;
}

export function cacheQueue(hostname: string, cache: 'node' | 'request' | 'image', queue: 'event' | 'playback'): string {
  return `nodepool.launcher.${hostname}.zk.${cache}_cache.${queue}_queue`;
}
