/** The two registries of launchers on the wire (spec LAUNCHER 1.6, 4.5). */
import { DEFAULT_PRIORITY, type RegisteredDaemon, type RegisteredPool } from '../../domain/model/launcher.js';
import type { PoolAnnouncement, ProcessAnnouncement, RegisteredProcess } from '../../ports/records/launchers.js';
import { encodeImageProblems } from './image-problem-codec.js';
import { formatPythonJson } from './python-json.js';
import { encodeText, parseObject, type WireObject } from './record-codec.js';
import { texts } from './wire-fields.js';

/** Anything else makes the newest Python components exit. */
const MODEL_API = 0;

/** `/nodepool/launchers/<id>`. The id is the record's name, whatever it says inside. Answers undefined if it cannot be understood. */
export function decodeOldLauncher(id: string, data: Uint8Array): RegisteredPool | undefined {
  const parsed = parseObject(data);
  if (!('value' in parsed)) return undefined;
  return { ...common(id, parsed.value), priority: DEFAULT_PRIORITY, paused: false, poolName: null };
}

export function encodeOldLauncher(pool: PoolAnnouncement): Uint8Array {
  return encodeText(
    formatPythonJson({
      id: pool.id,
      provider_name: pool.providerName,
      supported_labels: [...pool.supportedLabels].sort(),
    }),
  );
}

/** `/nodepool/components/pool/*`. Answers undefined if it cannot be understood or names no launcher. */
export function decodePoolComponent(data: Uint8Array): RegisteredPool | undefined {
  const parsed = parseObject(data);
  if (!('value' in parsed)) return undefined;
  const { id, name, priority, paused } = parsed.value;
  if (typeof id !== 'string' || id === '') return undefined;
  return {
    ...common(id, parsed.value),
    priority: typeof priority === 'number' && Number.isFinite(priority) ? priority : DEFAULT_PRIORITY,
    paused: paused === true,
    poolName: typeof name === 'string' ? name : null,
    ...daemonOf(parsed.value),
  };
}

/** A daemon's own record, or that of its pool. */
export function decodeDaemon(data: Uint8Array): RegisteredDaemon | undefined {
  const parsed = parseObject(data);
  return 'value' in parsed ? daemonOf(parsed.value).process : undefined;
}

function daemonOf({ hostname, version, state }: WireObject): { readonly process?: RegisteredDaemon } {
  if (typeof hostname !== 'string' || hostname === '') return {};
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return { process: { hostname, version: text(version), state: text(state) } };
}

/** `/nodepool/components/launcher/*` and `builder/*`. Answers undefined if it cannot be understood. */
export function decodeProcessComponent(data: Uint8Array): RegisteredProcess | undefined {
  const parsed = parseObject(data);
  if (!('value' in parsed)) return undefined;
  const { hostname } = parsed.value;
  return typeof hostname === 'string' && hostname !== '' ? { hostname } : undefined;
}

function common(id: string, record: WireObject): Pick<RegisteredPool, 'id' | 'providerName' | 'supportedLabels'> {
  const provider = record['provider_name'];
  return {
    id,
    providerName: typeof provider === 'string' ? provider : 'unknown',
    supportedLabels: texts(record['supported_labels']) ?? [],
  };
}

/** Keys in alphabetical order, as Python writes components. */
export function encodePoolComponent(pool: PoolAnnouncement): Uint8Array {
  return encodeText(
    formatPythonJson({
      hostname: pool.hostname,
      id: pool.id,
      kind: 'pool',
      model_api: MODEL_API,
      name: pool.poolName,
      paused: pool.paused,
      priority: pool.priority,
      provider_name: pool.providerName,
      state: pool.state,
      supported_labels: [...pool.supportedLabels].sort(),
      version: pool.version,
    }),
  );
}

export function encodeProcessComponent(process: ProcessAnnouncement): Uint8Array {
  const problems = encodeImageProblems(process.imageProblems ?? []);
  return encodeText(
    formatPythonJson({
      hostname: process.hostname,
      ...(problems.length > 0 ? { image_problems: problems } : {}),
      kind: process.kind,
      model_api: MODEL_API,
      state: process.state,
      version: process.version,
    }),
  );
}
