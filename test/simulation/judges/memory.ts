import { MIN_READY_REQUESTOR } from '../../../src/domain/model/request.js';
import { parse, text, texts } from '../kernel/tree-model.js';
import type { TreeChange } from '../kernel/observed-tree.js';
import type { CloudCall, Invariant, World } from '../world.js';
import { HEARD } from './facts.js';
import { Usage } from './usage.js';

const NODE = /^\/nodepool\/nodes\/([^/]+)$/;
const REQUEST = /^\/nodepool\/requests\/([^/]+)$/;
const REQUEST_LOCK = /^\/nodepool\/requests-lock\/([^/]+)\/[^/]+$/;
const IMAGE_LOCK = /^(\/nodepool\/images\/.+)\/lock\/[^/]+$/;
const POOL = /^\/nodepool\/(?:launchers|components\/pool)\/[^/]+$/;
const MADE = /^\/nodepool\/images\/([^/]+)\/builds\/(?!lock$)[^/]+(?:\/providers\/([^/]+)\/images\/\d+)?$/;
/** Seconds for which what a cloud has answered may matter. */
const CALLS_MATTER = 1200;
/** Calls of one process to one provider that are remembered. */
const MOST_CALLS = 2000;

/** What happened, as far as somebody may speak of it: of one world. */
export class Memory {
  readonly usage = new Usage(HEARD);
  /** When it last happened, by what and to whom. */
  private readonly moments = new Map<string, number>();
  private readonly counts = new Map<string, number>();
  private readonly calls = new Map<string, CloudCall[]>();

  /** The last verdict of each pool on each request. */
  private readonly verdicts = new Map<string, string>();

  said(decider: string, request: string, verdict: string): void {
    this.verdicts.set(`${decider} ${request}`, verdict);
  }

  verdictOf(decider: string, request: string): string | undefined {
    return this.verdicts.get(`${decider} ${request}`);
  }

  happened(what: string, now: number): void {
    this.moments.set(what, now);
  }

  /** Did it happen within so many seconds? */
  lately(what: string, now: number, seconds = HEARD): boolean {
    const at = this.moments.get(what);
    return at !== undefined && at >= now - seconds;
  }

  /** Launchers that have left lately. */
  goneLately(now: number): readonly string[] {
    return [...this.moments].flatMap(([what, at]) =>
      what.startsWith('gone ') && at >= now - HEARD ? [what.slice('gone '.length)] : [],
    );
  }

  count(what: string): void {
    this.counts.set(what, this.times(what) + 1);
  }

  times(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  /** All quotas that a cloud has had. */
  quotas(cloud: string, resource: string): readonly number[] {
    const prefix = `quota ${cloud} ${resource} `;
    return [...this.counts.keys()].flatMap((key) => (key.startsWith(prefix) ? [Number(key.slice(prefix.length))] : []));
  }

  called(call: CloudCall): void {
    const key = `${call.process.name} ${call.provider}`;
    const calls = this.calls.get(key) ?? [];
    this.calls.set(key, calls);
    calls.push(call);
    if (calls.length > MOST_CALLS || (calls[0]?.at ?? 0) < call.at - 2 * CALLS_MATTER)
      this.calls.set(
        key,
        calls.filter(({ at }) => at >= call.at - CALLS_MATTER),
      );
  }

  /** Calls of a process to a provider that it has made lately, or whose answers it has had since. */
  callsOf(process: string, provider: string): readonly CloudCall[] {
    return this.calls.get(`${process} ${provider}`) ?? [];
  }

  /** Has the process had trouble with the provider: a refusal, or no answer for long? */
  trouble(process: string, provider: string, now: number, seconds = CALLS_MATTER): boolean {
    return this.callsOf(process, provider).some(({ answer, at }) =>
      answer === null ? now - at > HEARD / 2 : answer.kind === 'failed' && now - answer.at <= seconds,
    );
  }
}

const memories = new WeakMap<World, Memory>();

export function memoryOf(world: World): Memory {
  const memory = memories.get(world) ?? new Memory();
  memories.set(world, memory);
  return memory;
}

/** No rule: what the judges of reasons ask for is noted. */
export const whatHappensIsRemembered: Invariant = {
  beforeChange(change, world) {
    const memory = memoryOf(world);
    const now = world.clock.monotonic();
    const node = NODE.exec(change.path)?.[1];
    if (node !== undefined) memory.usage.change(node, parse(change.before), parse(change.after), now);
    noteRequest(change, memory, now);
    if (change.expired && change.author) memory.happened(`session ${change.author.process}`, now);
    const lock = REQUEST_LOCK.exec(change.path)?.[1] ?? IMAGE_LOCK.exec(change.path)?.[1];
    if (lock !== undefined) memory.happened(`lock ${lock}`, now);
    if (change.kind === 'remove' && POOL.test(change.path)) {
      const id = world.model.registered.get(change.path)?.id;
      if (id !== undefined) memory.happened(`gone ${id}`, now);
    }
    const upload = world.model.uploads.get(change.path);
    if (upload && change.kind === 'remove') memory.happened(`upload gone ${upload.provider} ${upload.build}`, now);
    const [, image, provider] = MADE.exec(change.path) ?? [];
    if (image !== undefined && change.kind === 'create' && change.author)
      memory.count(`${change.author.process} makes ${provider === undefined ? image : `${image} in ${provider}`}`);
  },
  onCloudCall(call, world) {
    const memory = memoryOf(world);
    memory.called(call);
    for (const { name, knobs } of world.clouds.all) noteQuota(name, knobs.quota, memory);
    if (call.kind !== 'create' || call.nodeId === null) return;
    const request = text(world.model.nodes.get(call.nodeId)?.json?.['allocated_to']);
    if (request !== null) memory.count(`creates ${request}`);
  },
};

function noteQuota(cloud: string, quota: Readonly<Record<string, number>>, memory: Memory): void {
  for (const [resource, limit] of Object.entries(quota)) {
    const what = `quota ${cloud} ${resource} ${limit}`;
    if (memory.times(what) === 0) memory.count(what);
  }
}

function noteRequest({ path, kind, before, after }: TreeChange, memory: Memory, now: number): void {
  const id = REQUEST.exec(path)?.[1];
  if (id === undefined) return;
  const json = parse(after) ?? parse(before);
  if (kind === 'remove') memory.happened(`removed ${id}`, now);
  if (kind === 'create') memory.count('requests');
  if (json?.['requestor'] !== MIN_READY_REQUESTOR) return;
  if (kind === 'remove' || json['state'] === 'failed' || texts(json['declined_by']).length > 0)
    for (const label of texts(json['node_types'])) memory.happened(`min-ready refused ${label}`, now);
}
