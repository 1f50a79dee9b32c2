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
        unblock,
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
  const [, kind, id] = /^#explain\/(request|node|label|image)\/(.+)$/.exec(hash) ?? [];
  return kind === undefined || id === undefined ? null : { kind, id: decodeURIComponent(id) };
}

/**
 * Everything that this launcher knows about it.
 * @param {string} kind
 * @param {string} id
 * @returns {Promise<readonly Node[]>}
 */
export async function explanationOf(kind, id) {
  const answer = await fetch(`/explain/${kind}/${encodeURIComponent(id)}`, { headers: { accept: 'application/json' } });
  if (answer.status === 404) return [h('p', { class: 'empty' }, `There is no ${kind} ${id} any more.`)];
  if (!answer.ok) return [h('p', { class: 'problem' }, `The launcher answered ${answer.status}; it may be busy.`)];
  const { state, deciders } = /** @type {{ state: Record<string, unknown> | null, deciders: readonly Opinion[] }} */ (
    await answer.json()
  );
  return [
    state === null
      ? h('p', { class: 'muted' }, 'Its record is gone; this is what was decided about it.')
      : h('dl', { class: 'facts' }, Object.entries(state).flatMap(fact)),
    deciders.length === 0
      ? h('p', { class: 'muted' }, 'This launcher has decided nothing about it.')
      : h('dl', {}, deciders.flatMap(opinion)),
  ];
}

/** @param {[string, unknown]} entry */
function fact([key, value]) {
  if (key === 'kind' || value === null || value === '' || (Array.isArray(value) && value.length === 0)) return [];
  return [h('dt', {}, key.replaceAll('_', ' ')), h('dd', {}, valueOf(key, value))];
}

/** @param {string} key @param {unknown} value @returns {Node | string} */
function valueOf(key, value) {
  if (key === 'state') return chip(String(value));
  if (typeof value === 'number' && /(time|until|since|ordered|requested)$/.test(key)) return age(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) {
    const plain = value.every((item) => typeof item !== 'object');
    return plain
      ? value.join(', ')
      : h(
          'ul',
          {},
          value.map((item) => h('li', {}, valueOf(key, item))),
        );
  }
  if (typeof value !== 'object' || value === null) return String(value);
  const parts = Object.entries(value).filter(
    ([, item]) => item !== null && !(Array.isArray(item) && item.length === 0),
  );
  return h(
    'span',
    {},
    parts.flatMap(([name, item], index) => [
      index > 0 ? '; ' : '',
      `${name.replaceAll('_', ' ')} `,
      valueOf(name, item),
    ]),
  );
}
