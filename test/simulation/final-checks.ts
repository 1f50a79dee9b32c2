import { ELSEWHERE } from './invariants/node-rules.js';
import { isFreeMachine, machineOf } from './invariants/machine-rules.js';
import { machineName } from './actors/machine-park.js';
import { isOffered } from './scenario/machines.js';
import { parse, text, texts } from './kernel/tree-model.js';
import { leftBehind } from './watches/file-watch.js';
import { TENANT } from './scenario/draft.js';
import type { ModelRecord } from './kernel/tree-model.js';
import type { Installation } from './installation.js';

/** What a system at rest must not have; empty = it is at rest. */
export function whatIsLeft(installation: Installation): readonly string[] {
  const { world, clients, draft } = installation;
  const left: string[] = [];
  for (const { name, requestor } of clients) {
    if ((requestor?.jobsUnderWay ?? 0) > 0) left.push(`${requestor?.jobsUnderWay ?? 0} jobs of ${name}`);
  }
  for (const { id, state, json } of world.model.requests.values()) {
    if (!/^\d+-\d{10}$/.test(id) || !texts(json?.['node_types']).length) continue;
    left.push(`request ${id} is ${String(state)} for ${String(json?.['requestor'])}`);
  }
  left.push(...nodesLeft(installation), ...serversLeft(installation), ...imagesMissing(installation));
  left.push(...machinesAmiss(installation));
  for (const builder of installation.builders)
    left.push(...leftBehind(builder, world.model.builds).map((build) => `files of ${build} on ${builder.host}`));
  for (const label of draft.labels) {
    const free = countFree(installation, label.name);
    if (free.all < label.minReady) left.push(`${free.all} of ${label.minReady} ${label.name} are ready`);
    // Those that time removes are not wanted beyond min-ready. A clock that was wrong has put false times on records.
    if (label.maxReadyAge > 0 && world.clockTolerance <= 1 && free.ours > label.minReady)
      left.push(`${free.ours} for ${label.minReady} ${label.name} are ready`);
  }
  for (const [id, queue] of world.model.nodeLocks) left.push(`node ${id} is locked by ${owners(queue)}`);
  for (const [id, queue] of world.model.requestLocks) left.push(`request ${id} is locked by ${owners(queue)}`);
  return left;
}

/** What must hold at the very end beyond that. */
export function checkEnd(installation: Installation): void {
  const { world } = installation;
  const left = [...whatIsLeft(installation), ...promisesLeft(installation), ...pausedPools(installation)];
  if (left.length > 0) world.chronicle.fail('rest lasts', left.join('; '));
}

/** Room, launches and shares that launchers keep for something which is long over. */
function promisesLeft({ launchers, draft }: Installation): readonly string[] {
  return launchers.flatMap(({ host, reservations }) => {
    if (!reservations) return [];
    const rooms = draft.providers.flatMap(({ name, pools }) => [
      [name, reservations.forProvider(name)] as const,
      ...pools.map((pool) => [`${name}/${pool.name}`, reservations.forPool(name, pool.name)] as const),
    ]);
    const all = [...rooms, [TENANT, reservations.forTenant(TENANT)] as const];
    const kept = all.filter(([, room]) => Object.values(room).some((amount) => amount !== 0));
    const launching = draft.providers.filter(({ name }) => reservations.launchesOf(name) !== 0);
    return [
      ...kept.map(([name, room]) => `${host} keeps ${JSON.stringify(room)} of ${name}`),
      ...launching.map(({ name }) => `${host} counts ${reservations.launchesOf(name)} launches in ${name}`),
    ];
  });
}

function pausedPools({ world }: Installation): readonly string[] {
  const folder = '/nodepool/components/pool';
  return (world.tree.list(folder) ?? []).flatMap((name) => {
    const json = parse(world.tree.read(`${folder}/${name}`)?.data);
    return json?.['paused'] === true ? [`${name} is paused`] : [];
  });
}

function owners(queue: readonly { readonly owner: { readonly process: string } | null }[]): string {
  return queue.map(({ owner }) => owner?.process ?? 'nobody').join(', ');
}

function nodesLeft({ world }: Installation): readonly string[] {
  const left: string[] = [];
  for (const { id, state, json } of world.model.nodes.values()) {
    if (json?.['provider'] === ELSEWHERE) continue;
    if (json === null) {
      // Unreadable records are left alone, empty ones are not.
      if (world.tree.read(`/nodepool/nodes/${id}`)?.data.length === 0) left.push(`node ${id} is empty`);
      continue;
    }
    if (state === 'dancing') continue;
    const allocated = text(json['allocated_to']);
    if (state !== 'ready' || allocated !== null) left.push(`node ${id} is ${String(state)} for ${String(allocated)}`);
  }
  return left;
}

function serversLeft({ world }: Installation): readonly string[] {
  const known = new Set<unknown>();
  for (const { json } of world.model.nodes.values()) known.add(json?.['external_id']);
  return world.servers
    .filter(({ id, metadata }) => metadata['nodepool_node_id'] !== undefined && !known.has(id))
    .filter(({ metadata }) => !world.isForgotten(metadata))
    .map(({ id, status, metadata }) => {
      return `server ${id} of node ${String(metadata['nodepool_node_id'])} is ${status} and belongs to nobody`;
    });
}

function imagesMissing({ world, draft }: Installation): readonly string[] {
  const left: string[] = [];
  const uploads = [...world.model.uploads.values()];
  for (const image of new Set(draft.labels.map((label) => label.image))) {
    const builds = [...world.model.builds.values()].filter((build) => build.image === image && build.state === 'ready');
    const keptBuilds = newestFirst(builds)
      .slice(0, 2)
      .map(({ id }) => id.split('/').at(-1));
    for (const provider of draft.providers) {
      const mine = uploads.filter((upload) => upload.image === image && upload.provider === provider.name);
      const ready = mine.filter((upload) => upload.state === 'ready');
      if (ready.length === 0) left.push(`${image} is not ready in ${provider.name}`);
      const surplus = newestFirst(ready).slice(2);
      // A clock set back makes the upload of a kept build look older than two others; then all three stay.
      if (surplus.some((upload) => !keptBuilds.includes(upload.build))) {
        left.push(`${ready.length} uploads of ${image} in ${provider.name}`);
      }
      const stuck = mine.filter((upload) => upload.state !== 'ready');
      for (const upload of stuck) left.push(`${upload.id} is ${String(upload.state)}`);
    }
  }
  for (const cloud of world.clouds.all) {
    const known = new Set(uploads.map((upload) => upload.json?.['external_id']));
    for (const image of cloud.images.filter(({ properties }) => !world.isOfOthers(properties))) {
      if (!known.has(image.externalId) && !world.isOfLostStore(image.properties))
        left.push(`image ${image.externalId} in ${cloud.name} belongs to nobody`);
    }
  }
  return left;
}

/** By the times that their writers wrote into them. */
function newestFirst<T extends ModelRecord>(records: readonly T[]): readonly T[] {
  const time = ({ json }: ModelRecord): number => Number(json?.['state_time'] ?? 0);
  return [...records].sort((a, b) => time(b) - time(a));
}

/** Each place of a machine that is offered has a free node, and no other machine has any. */
function machinesAmiss({ world, draft }: Installation): readonly string[] {
  const free = [...world.model.nodes.values()].flatMap(({ json }) =>
    json && isFreeMachine(json) ? [machineOf(json)] : [],
  );
  return (draft.machines ?? []).flatMap((machine) => {
    const name = machineName(machine.host, machine.port);
    const found = free.filter((each) => each === name).length;
    const wanted = isOffered(machine) ? machine.slots : 0;
    return found === wanted ? [] : [`${found} of ${wanted} places of machine ${name} are free`];
  });
}

function countFree({ world }: Installation, label: string): { readonly ours: number; readonly all: number } {
  let ours = 0;
  let all = 0;
  for (const { state, json } of world.model.nodes.values()) {
    const free = state === 'ready' && text(json?.['allocated_to']) === null && texts(json?.['type']).includes(label);
    const provider = text(json?.['provider']);
    if (!free || provider === null) continue;
    // Ready nodes of other providers count, too, but time does not remove them.
    all += 1;
    if (provider !== ELSEWHERE) ours += 1;
  }
  return { ours, all };
}
