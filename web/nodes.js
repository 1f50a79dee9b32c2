import { age, chip, emptyNote, explainLink, h, hiddenNote, matches, number, table } from './elements.js';

/** @typedef {import('../src/domain/presentation/live.js').LiveNode} LiveNode */
/** @typedef {import('../src/domain/presentation/live.js').LiveNodes} LiveNodes */

/** More rows than these would make the page slow, and nobody reads them. */
const MOST_ROWS = 200;
/** Milliseconds after the last key before all nodes are asked for. */
const PAUSE = 300;

/** All nodes, as the list had them when the filter was typed; null: not asked for. @type {readonly LiveNode[] | null} */
let all = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let asking;

/**
 * The page is told of the latest nodes only; a filter looks through all of them.
 * @param {string} filter
 * @param {LiveNodes | undefined} nodes
 * @param {() => void} arrived
 */
export function searchAllNodes(filter, nodes, arrived) {
  clearTimeout(asking);
  if (filter === '' || !nodes || nodes.total <= nodes.latest.length) {
    all = null;
    return;
  }
  asking = setTimeout(
    () =>
      void listNodes().then((found) => {
        all = found;
        arrived();
      }),
    PAUSE,
  );
}

/** @returns {Promise<readonly LiveNode[] | null>} */
async function listNodes() {
  try {
    const answer = await fetch('/node-list', { headers: { accept: 'application/json' } });
    if (!answer.ok) return null;
    /** @type {unknown} */
    const said = await answer.json();
    const rows = /** @type {readonly Record<string, unknown>[]} */ (said);
    const now = Date.now() / 1000;
    return rows.map((row) => ({
      id: String(row['id']),
      provider: textOf(row['provider']),
      pool: textOf(row['pool']),
      labels: Array.isArray(row['label']) ? row['label'].map(String) : [],
      state: row['state'] !== 'ready' ? String(row['state']) : row['allocated_to'] === null ? 'free' : 'reserved',
      since: now - secondsOf(String(row['age'])),
      user:
        textOf(row['hold_job']) ??
        (row['allocated_to'] === null ? null : `request ${textOf(row['allocated_to']) ?? ''}`),
    }));
  } catch {
    return null;
  }
}

/** @param {unknown} value */
function textOf(value) {
  return typeof value === 'string' ? value : null;
}

/** `01:02:03:04` are days, hours, minutes and seconds. @param {string} text */
function secondsOf(text) {
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/** Nodes one by one. @param {LiveNodes} nodes @param {string} filter */
export function nodeSection(nodes, filter) {
  const known = new Map([...(all ?? []), ...nodes.latest].map((node) => [node.id, node]));
  const found = [...known.values()].filter(({ id, provider, pool, labels, state, user }) =>
    matches(filter, [id, `${provider ?? ''}/${pool ?? ''}`, ...labels, state, user]),
  );
  const shown = found.sort((a, b) => b.since - a.since).slice(0, MOST_ROWS);
  if (shown.length === 0) return [emptyNote(nodes.total, filter, 'No nodes.')];
  const note = noteFor(nodes, filter, shown.length, found.length);
  return [
    table('Nodes one by one', ['Node', 'Provider and pool', 'Label', 'State', 'For', 'Used by'], shown.map(row)),
    ...(note ? [note] : []),
  ];
}

/** @param {LiveNodes} nodes @param {string} filter @param {number} shown @param {number} found */
function noteFor({ total, latest }, filter, shown, found) {
  if (found > shown) return h('p', { class: 'muted' }, `${number(shown)} of ${number(found)} that match.`);
  if (filter === '' && total > latest.length) {
    const text = `The ${number(shown)} that changed last, of ${number(total)}; type something into the filter to find others.`;
    return h('p', { class: 'muted' }, text);
  }
  if (filter !== '' && all === null && total > latest.length)
    return h('p', { class: 'muted' }, `Looking through all ${number(total)} nodes …`);
  return hiddenNote(shown, total, filter);
}

/** @param {LiveNode} node */
function row({ id, provider, pool, labels, state, since, user }) {
  return h(
    'tr',
    { 'data-key': id },
    h('th', { scope: 'row' }, explainLink('node', id)),
    h('td', {}, `${provider ?? 'no provider'}/${pool ?? 'no pool'}`),
    h('td', { class: 'wrap' }, labels.join(', ')),
    h('td', {}, chip(state)),
    h('td', {}, age(since)),
    h('td', { class: 'wrap' }, user ?? h('span', { class: 'muted' }, 'nobody')),
  );
}
