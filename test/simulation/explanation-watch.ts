import type { Reason } from '../../src/domain/explain/reason.js';
import type { JournalEntry } from '../../src/ports/telemetry/journal.js';
import type { LauncherDaemon } from './actors/launcher-daemon.js';
import type { ModelRecord } from './kernel/tree-model.js';
import { text, texts } from './kernel/tree-model.js';
import type { Installation } from './installation.js';
import type { World } from './world.js';

/** Seconds that launchers have to make up their minds about a request. */
const THINKING = 30;
/** Looks in a row at which something untrue is said: one may be a moment's. */
const LOOKS = 3;

/** Every waiting request has an explanation, and what is said of it is true: compared with the tree now and then. */
export class ExplanationWatch {
  private untrue = new Map<string, number>();

  look(installation: Installation): void {
    const { world } = installation;
    const before = this.untrue;
    this.untrue = new Map();
    for (const launcher of installation.launchers) {
      for (const claim of claimsOf(launcher, world)) {
        const looks = (before.get(claim) ?? 0) + 1;
        this.untrue.set(claim, looks);
        if (looks >= LOOKS) world.chronicle.fail('explanations are true', claim);
      }
    }
  }
}

/** What a launcher that sees the tree says of waiting requests although it is not so. */
function claimsOf({ life, launcher, journal }: LauncherDaemon, world: World): readonly string[] {
  if (!life || !launcher?.ready || life.process.frozen || life.store.session.state !== 'connected') return [];
  const pools = new Set([...world.model.registered.values()].map(({ id }) => id));
  const claims: string[] = [];
  for (const request of world.model.requests.values()) {
    if (!isWaiting(request, world)) continue;
    const all = journal?.entries('request', request.id).filter(({ subject }) => pools.has(subject.decider)) ?? [];
    // What was said before the store was lost was about another request of that number; by the clock of whoever said it.
    const lostAt = life.process.clock.now() - (world.clock.now() - world.lostAt);
    const said = all.filter(({ since }) => since >= lostAt);
    const ours = [...pools].some((id) => id.startsWith(`${life.process.name.replace(/\.\d+$/, '')}-`));
    // Who came when somebody else served it already has nothing to say.
    if (ours && all.length === 0 && request.state === 'requested')
      claims.push(`${life.process.name} says nothing about ${request.id}`);
    for (const entry of said) {
      const problem = contradiction(entry, request, life.process.name, world);
      if (problem) claims.push(`${entry.subject.decider} about ${request.id}: ${problem}`);
    }
  }
  return claims;
}

function isWaiting({ id, state, json, changedAt }: ModelRecord, world: World): boolean {
  if (state !== 'requested' && state !== 'pending') return false;
  if (!/^\d+-\d{10}$/.test(id) || texts(json?.['node_types']).length === 0) return false;
  return world.clock.monotonic() - changedAt > THINKING;
}

function contradiction(
  { subject, decision }: JournalEntry,
  request: ModelRecord,
  process: string,
  world: World,
): string | null {
  const { verdict, because } = decision;
  const declined = texts(request.json?.['declined_by']).includes(subject.decider);
  const holds = world.model.requestHolder(request.id)?.owner?.process === process;
  if (verdict === 'fulfilled') return 'says that it is fulfilled';
  // Who still ends its launches declines after them.
  if (verdict === 'decline' && !declined && !holds) return 'says that it has declined it';
  if (verdict === 'accept' && !holds) return 'says that it serves it';
  if (because.length === 0 && verdict !== 'accept') return `says ${verdict} for no reason`;
  // Why it declined is told as it was then, and stays so: a node may be gone since.
  if (verdict === 'decline') return null;
  for (const reason of because) {
    const wrong = isWrong(reason, subject.decider, request, process, world);
    if (wrong) return `says ${JSON.stringify(reason)}, but ${wrong}`;
  }
  return null;
}

function isWrong(reason: Reason, decider: string, request: ModelRecord, process: string, world: World): string | null {
  switch (reason.code) {
    case 'ALREADY_DECLINED':
      return texts(request.json?.['declined_by']).includes(decider) ? null : 'it has not';
    case 'NOT_REQUESTED':
      return request.state === reason.state || request.state !== 'requested' ? null : 'it is';
    case 'OTHERS_WAIT_FIRST': {
      const others = [...world.model.requestLocks.keys()].filter((id) => id !== request.id);
      const held = others.some((id) => world.model.requestHolder(id)?.owner?.process === process);
      return held ? null : 'it holds no other';
    }
    case 'QUOTA_POOL':
      return reason.resource === 'instances' ? quotaWrong(reason, decider, world) : null;
    case 'CLOUD_CAPACITY':
    case 'CLOUD_RATE':
    case 'CLOUD_SILENT':
      return reason.nextProbe === null && reason.underway === 0 && reason.code !== 'CLOUD_CAPACITY'
        ? 'nothing is under way'
        : null;
    default:
      return null;
  }
}

function quotaWrong(
  { limit, need }: { readonly limit: number; readonly need: number },
  decider: string,
  world: World,
): string | null {
  let used = 0;
  for (const { json } of world.model.nodes.values()) {
    const { provider, pool } = json ?? {};
    if (decider.includes(`PoolWorker.${text(provider) ?? ''}-${text(pool) ?? ''}-`)) used += 1;
  }
  return used + need <= limit ? `only ${used} nodes are there` : null;
}
