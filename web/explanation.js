import { age, chip, h } from './elements.js';

/** @typedef {{ code: string, text: string, sentence?: string, unblock: string }} Reason */
/** @typedef {{ decider: string, verdict: string, since: number, reasons: readonly Reason[] }} Opinion */

/** What one pool, builder or launcher says, in sentences. @param {Opinion} each */
export function opinion({ decider, verdict, since, reasons }) {
  return [
    h('dt', {}, h('span', { class: 'decider' }, shortLauncher(decider)), ` · ${verdict} · `, age(since)),
    ...reasons.map(({ code, text, sentence, unblock }) =>
      h(
        'dd',
        {},
        sentence ?? text,
        ' ',
        h('small', { class: 'code' }, code),
        h('br', {}),
        h('span', { class: 'helps' }, 'What helps: '),
        unblock.charAt(0).toUpperCase() + unblock.slice(1),
      ),
    ),
  ];
}

/** Without the random part. @param {string} id */
function shortLauncher(id) {
  return id.replace(/-PoolWorker\./, ': ').replace(/-[0-9a-f]{32}$/, '');
}

/** What the address after `#explain/` names. @param {string} hash @returns {{ kind: string, id: string } | null} */
export function explained(hash) {
  const [, kind, id] = /^#explain\/(request|node|label|image|pool|provider)\/(.+)$/.exec(hash) ?? [];
  if (hash === '#explain/fleet') return { kind: 'fleet', id: '' };
  return kind === undefined || id === undefined ? null : { kind, id: decodeURIComponent(id) };
}

/**
 * Everything that this launcher knows about it.
 * @param {string} kind
 * @param {string} id
 * @returns {Promise<readonly Node[]>}
 */
export async function explanationOf(kind, id) {
  const path = kind === 'fleet' ? '/explain' : `/explain/${kind}/${encodeURIComponent(id)}`;
  const answer = await fetch(path, { headers: { accept: 'application/json' } });
  if (answer.status === 404) return [h('p', { class: 'empty' }, `There is no ${kind} ${id} any more.`)];
  if (!answer.ok) return [h('p', { class: 'problem' }, `The launcher answered ${answer.status}; it may be busy.`)];
  /** @type {unknown} */
  const said = await answer.json();
  const { state, outlook, deciders, findings = [] } = /** @type {Said} */ (said);
  return [
    ...(outlook ? [h('p', { class: `outlook ${outlook.verdict}` }, outlookWords(outlook))] : []),
    ...(findings.length > 0 ? [h('ul', { class: 'findings' }, findings.map(findingItem))] : []),
    state === null
      ? h('p', { class: 'muted' }, 'Its record is gone; this is what was decided about it.')
      : h('dl', { class: 'facts' }, Object.entries(state).flatMap(fact)),
    ...(UNJUDGED.includes(kind) ? [] : [decided(deciders)]),
  ];
}

/** Nobody decides about these. */
const UNJUDGED = ['fleet', 'pool', 'provider'];

/** A line of what the launcher knows besides; those that belong to the one before are indented. @param {string} line */
function findingItem(line) {
  return h('li', line.startsWith(' ') ? { class: 'part' } : {}, line.trim());
}

/** @param {readonly Opinion[]} deciders */
function decided(deciders) {
  return deciders.length === 0
    ? h('p', { class: 'muted' }, 'This launcher has decided nothing about it.')
    : h('dl', {}, deciders.flatMap(opinion));
}

/** Said in other words, or elsewhere. */
const UNSAID = ['kind', 'state_time', 'launcher_alive', 'request_state'];

/** @param {[string, unknown]} entry @param {number} _index @param {readonly [string, unknown][]} all */
function fact([key, value], _index, all) {
  if (UNSAID.includes(key) || value === null || value === '' || (Array.isArray(value) && value.length === 0)) return [];
  const since = key === 'state' ? all.find(([name]) => name === 'state_time')?.[1] : undefined;
  const words = [valueOf(key, value), typeof since === 'number' ? [' for ', age(since)] : []].flat();
  return [h('dt', {}, key.replaceAll('_', ' ')), h('dd', {}, words)];
}

/** @param {string} key @param {unknown} value @returns {Node | string} */
function valueOf(key, value) {
  if (key === 'state') return chip(String(value));
  if (typeof value === 'number' && /(time|until|since|ordered|requested)$/.test(key)) return age(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return listOf(key, value);
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).filter(
    ([, item]) => item !== null && !(Array.isArray(item) && item.length === 0),
  );
  return h(
    'span',
    {},
    entries.flatMap(([name, item], index) => [index > 0 ? ', ' : '', ...wordsOf(name, item)]),
  );
}

/** @param {string} name @param {unknown} item @returns {readonly (Node | string)[]} */
function wordsOf(name, item) {
  return name === 'state' ? [valueOf(name, item)] : [`${name.replaceAll('_', ' ')} `, valueOf(name, item)];
}

/** @param {string} key @param {readonly unknown[]} items */
function listOf(key, items) {
  if (items.every((item) => typeof item !== 'object')) return items.join(', ');
  if (key === 'pools')
    return h(
      'ul',
      {},
      items.map((item) => h('li', {}, poolWords(/** @type {Pool} */ (item)))),
    );
  const counts = /** @type {readonly { state?: string, count?: number }[]} */ (items);
  if (counts.every(({ state, count }) => state !== undefined && count !== undefined))
    return h(
      'span',
      { class: 'chips' },
      counts.map(({ state = '', count }) => chip(state, count)),
    );
  return h(
    'ul',
    {},
    items.map((item) => h('li', {}, valueOf('', item))),
  );
}

/**
 * @typedef {{ provider: string, pool: string | null, paused: boolean, declined: boolean, missing_labels: readonly string[],
 *   images: readonly { image: string, ready: boolean }[], nodes: readonly { state: string, count: number }[] }} Pool
 */

/** A pool in a sentence: what it can do for whoever asks. @param {Pool} pool */
function poolWords({ provider, pool, paused, declined, missing_labels: missing, images, nodes }) {
  const unready = images.filter(({ ready }) => !ready).map(({ image }) => image);
  const words = [
    missing.length === 0 ? 'offers all labels' : `does not offer ${missing.join(', ')}`,
    ...(unready.length > 0 ? [`lacks image ${[...new Set(unready)].join(', ')}`] : []),
    ...(declined ? ['has declined'] : []),
    ...(paused ? ['waits for room'] : []),
    nodes.length === 0 ? 'has no nodes' : `has ${nodes.map(({ state, count }) => `${count} ${state}`).join(', ')}`,
  ];
  return [h('b', {}, `${provider}/${pool ?? '?'}`), ` ${words.join('; ')}.`];
}

/**
 * @typedef {{ readonly verdict: 'underway' | 'not-yet' | 'never', readonly because: readonly string[] }} Outlook
 * @typedef {{ state: Record<string, unknown> | null, outlook?: Outlook | null, deciders: readonly Opinion[],
 *   findings?: readonly string[] }} Said
 */

/**
 * Never or not yet.
 * @param {Outlook} outlook
 */
function outlookWords({ verdict, because }) {
  if (verdict === 'underway') return `It is being served: ${because.join('; ')}.`;
  if (verdict === 'never') return `No registered pool can ever serve it: ${because.join('; ')}.`;
  return `It will be served when ${because.join('; or ')}.`;
}
