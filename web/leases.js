import { age, chip, emptyNote, explainLink, h, hiddenNote, matches, number, table } from './elements.js';

/** @typedef {import('../src/domain/presentation/live.js').LiveLease} LiveLease */
/** @typedef {import('../src/domain/presentation/live.js').LiveLeases} LiveLeases */

const TITLES = ['Lease', 'Holder', 'Purpose', 'State', 'Age', 'Ends', 'Labels', 'Nodes'];

/** Leases that have not ended, one by one. @param {LiveLeases} leases @param {string} filter */
export function leaseSection({ total, states, open }, filter) {
  const shown = open.filter(({ id, holder, purpose, state, labels, nodes }) =>
    matches(filter, [id, holder, purpose, state, ...labels, ...nodes]),
  );
  if (shown.length === 0) return [emptyNote(total, filter, 'Nobody has a lease.')];
  return [
    h(
      'p',
      { class: 'chips' },
      states.map(({ state, count }) => chip(state, number(count))),
    ),
    table('Leases one by one', TITLES, shown.map(row)),
    filter === '' && total > open.length
      ? h('p', { class: 'muted' }, `The ${number(open.length)} newest of ${number(total)}.`)
      : hiddenNote(shown.length, total, filter),
  ].filter((each) => each instanceof Node);
}

/** @param {LiveLease} lease */
function row({ id, holder, purpose, state, since, until, labels, nodes }) {
  return h(
    'tr',
    { 'data-key': id },
    h('th', { scope: 'row', class: 'wrap' }, id),
    h('td', { class: 'wrap', 'data-title': 'held by' }, holder),
    h('td', { class: 'wrap' }, purpose ?? h('span', { class: 'muted' }, 'no purpose given')),
    h('td', {}, chip(state)),
    h('td', { class: 'step', 'data-title': 'age' }, age(since)),
    h(
      'td',
      { class: 'step', 'data-title': 'ends' },
      until === null ? h('span', { class: 'muted' }, 'not by itself') : age(until),
    ),
    h('td', { class: 'wrap' }, labels.join(', ')),
    h(
      'td',
      { class: 'wrap' },
      nodes.length === 0
        ? h('span', { class: 'muted' }, 'none yet')
        : nodes.map((node) => h('span', { class: 'each', 'data-key': node }, explainLink('node', node), ' ')),
    ),
  );
}
