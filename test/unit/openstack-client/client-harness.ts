import { buildCloudAccess } from '../../../src/adapters/openstack/clouds/build-cloud-access.js';
import type { CloudAccess } from '../../../src/adapters/openstack/clouds/cloud-access.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { RecordingMetrics } from '../../../src/adapters/memory-metrics/recording-metrics.js';
import type { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import type { ApiCall } from '../../../src/adapters/openstack/client/api-call.js';
import { ApiError } from '../../../src/adapters/openstack/client/api-error.js';
import { createOpenStackClient } from '../../../src/adapters/openstack/client/cloud-client.js';
import type {
  OpenStackClient,
  OpenStackClientOptions,
} from '../../../src/adapters/openstack/client/openstack-client.js';
import { SystemClock } from '../../../src/adapters/system/system-clock.js';

export const never = (): AbortSignal => new AbortController().signal;

/** An entry of clouds.yaml for the server at this address. */
export function cloudAt(base: string, entry: Readonly<Record<string, unknown>> = {}): CloudAccess {
  const auth = { auth_url: `${base}/identity`, username: 'u', password: 'hunter2', project_name: 'p' };
  const merged = { auth, ...entry };
  const { access, problems } = buildCloudAccess('lab', (entry['region_name'] as string) ?? null, merged, {
    common: {},
    env: {},
  });
  if (!access) throw new Error(problems.join('; '));
  return access;
}

export interface TestClient {
  readonly client: OpenStackClient;
  readonly logger: MemoryLogger;
  readonly metrics: RecordingMetrics;
}

export function clientOf(cloud: CloudAccess, options: Partial<OpenStackClientOptions> = {}): TestClient {
  const logger = new MemoryLogger();
  const metrics = new RecordingMetrics();
  const client = createOpenStackClient(cloud, {
    clock: new SystemClock(),
    random: new SeededRandom(1),
    logger,
    metrics,
    provider: 'lab',
    rate: 0,
    ...options,
  });
  return { client, logger, metrics };
}

export const GET_SERVERS: ApiCall = {
  service: 'compute',
  method: 'GET',
  path: '/servers',
  expected: [200],
  idempotent: true,
  deadline: 10,
};

export async function failureOf(work: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await work.then(
    (value) => new Error(`succeeded with ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw error;
}

/** Skips the pauses between attempts, and answers how long they were. Deadlines have to be longer than they. */
export async function hastened<T>(
  clock: VirtualClock,
  work: Promise<T>,
): Promise<{ readonly result: T; readonly waits: readonly number[] }> {
  const waits: number[] = [];
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  while (!isDone) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const next = clock.untilNext ?? Infinity;
    if (next > 6) continue;
    waits.push(next);
    await clock.advance(next);
  }
  return { result: await done, waits };
}
