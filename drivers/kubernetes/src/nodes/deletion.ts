/** Waiting until something is really gone [K26]. */
import type { ApiClient } from '../client/api-client.js';
import type { Followed } from '../client/follow.js';
import { follow } from '../client/follow.js';
import type { KubeObject } from '../client/objects.js';
import { conditionsOf } from '../client/objects.js';
import { Failure } from '../failure.js';

/** @throws Failure kind `transient` that names what is in the way, after `limit` seconds */
export async function untilGone(client: ApiClient, what: Followed, limit: number, signal: AbortSignal): Promise<void> {
  const end = client.clock.monotonic() + limit;
  await follow(
    client,
    what,
    (found) => {
      if (!found) return { answer: true };
      const left = end - client.clock.monotonic();
      if (left > 0) return { within: left };
      throw new Failure('transient', `${what.name} is still there after ${limit} s: ${obstacles(found)}`, {
        externalId: what.name,
        metric: 'error.deletion',
      });
    },
    signal,
  );
}

function obstacles(found: KubeObject): string {
  const { finalizers = [] } = found.metadata;
  const { finalizers: more = [] } = (found.spec ?? {}) as { readonly finalizers?: readonly string[] };
  const words = conditionsOf(found)
    .filter(({ status, message }) => status === 'True' && message)
    .map(({ message }) => message);
  const names = [...new Set([...finalizers, ...more])];
  return [...(names.length > 0 ? [`finalizers ${names.join(', ')}`] : []), ...words].join('; ') || 'nobody says why';
}
