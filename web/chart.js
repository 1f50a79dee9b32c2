import { chip, h, number, svg } from './elements.js';

const HEIGHT = 210;
const LEFT = 46;
const RIGHT = 8;
const BOTTOM = 24;
/** What the whole width may stand for, minutes. */
export const SPANS = [5, 15, 30, 60];

/** From the bottom to the top. */
const ORDER = [
  'in-use',
  'free',
  'reserved',
  'building',
  'testing',
  'init',
  'hold',
  'used',
  'deleting',
  'failed',
  'aborted',
  'deleted',
];

/**
 * Nodes by state over time, stacked, with the numbers of now as text.
 * @param {import('../src/domain/presentation/live.js').LiveHistory} history
 * @param {import('../src/domain/presentation/live.js').LiveNodes} nodes
 * @param {number} now
 * @param {number} width in pixels
 * @param {number | null} chosen the minutes that the reader wants to see; null: as many as are known
 */
export function nodeChart(history, nodes, now, width, chosen) {
  const oldest = history.rows[0]?.[0] ?? now;
  const minutes = chosen ?? SPANS.find((span) => span * 60 >= now - oldest) ?? 60;
  const span = minutes * 60;
  const current = new Map(nodes.states.map(({ state, count }) => [state, count]));
  const rows = [...history.rows, [now, ...history.states.map((state) => current.get(state) ?? 0)]].filter(
    (row) => (row[0] ?? 0) >= now - span,
  );
  const totals = rows.map((row) => row.slice(1).reduce((sum, count) => sum + count, 0));
  const top = niceTop(Math.max(1, ...totals));
  /** @param {number} at */
  const x = (at) => LEFT + ((at - now + span) / span) * (width - LEFT - RIGHT);
  /** @param {number} count */
  const y = (count) => HEIGHT - BOTTOM - (count / top) * (HEIGHT - BOTTOM - 8);
  const states = ORDER.filter((state) => history.states.includes(state));
  const base = rows.map(() => 0);
  const areas = states.flatMap((state) => {
    const column = history.states.indexOf(state) + 1;
    const counts = rows.map((row) => row[column] ?? 0);
    if (counts.every((count) => count === 0)) return [];
    const lower = steps(rows.map((row, index) => [x(row[0] ?? 0), y(base[index] ?? 0)]));
    counts.forEach((count, index) => (base[index] = (base[index] ?? 0) + count));
    const upper = steps(rows.map((row, index) => [x(row[0] ?? 0), y(base[index] ?? 0)]));
    return [svg('polygon', { class: 'area', 'data-state': state, points: [...upper, ...lower.reverse()].join(' ') })];
  });
  const lines = [0, top / 2, top].map((count) => [
    svg('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: y(count), y2: y(count) }),
    svg('text', { x: LEFT - 6, y: y(count) + 4, 'text-anchor': 'end' }, number(count)),
  ]);
  const marks = width < 500 ? 2 : 4;
  const times = Array.from({ length: marks + 1 }, (_, mark) => {
    const ago = (minutes * (marks - mark)) / marks;
    const anchor = mark === 0 ? 'start' : mark === marks ? 'end' : 'middle';
    const text = ago === 0 ? 'now' : `−${ago} min`;
    return svg('text', { x: x(now - ago * 60), y: HEIGHT - 6, 'text-anchor': anchor }, text);
  });
  const words = nodes.states.map(({ state, count }) => `${count} ${state}`).join(', ') || 'no nodes';
  return [
    spanChoice(chosen),
    svg(
      'svg',
      {
        class: 'chart',
        viewBox: `0 0 ${width} ${HEIGHT}`,
        role: 'img',
        'aria-label': `Nodes by state over the last ${minutes} minutes; now ${words}`,
      },
      lines.flat(),
      areas,
      times,
    ),
    h(
      'ul',
      { class: 'legend', 'aria-label': 'Nodes by state now' },
      nodes.states.length === 0
        ? h('li', { class: 'muted' }, 'No nodes.')
        : nodes.states.map(({ state, count }) => h('li', {}, chip(state, number(count)))),
    ),
  ];
}

/**
 * Numbers of nodes are whole and hold until they change: they are drawn as steps, not as slopes.
 * @param {readonly (readonly number[])[]} points
 */
function steps(points) {
  return points.flatMap(([x = 0, y = 0], index) => {
    const before = points[index - 1]?.[1];
    const corner = before === undefined || before === y ? [] : [`${x.toFixed(1)},${before.toFixed(1)}`];
    return [...corner, `${x.toFixed(1)},${y.toFixed(1)}`];
  });
}

/** The buttons for the time that the chart shows. @param {number | null} chosen */
export function spanChoice(chosen) {
  const choices = [...SPANS.map((span) => ({ span, text: `${span} min` })), { span: null, text: 'all' }];
  return h(
    'p',
    { class: 'spans', role: 'group', 'aria-label': 'Time that the chart shows', 'data-key': 'spans' },
    choices.map(({ span, text }) =>
      h('button', { type: 'button', 'data-span': span ?? 'all', 'aria-pressed': String(span === chosen) }, text),
    ),
  );
}

/** A round number not below. @param {number} value */
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 3, 4, 5, 6, 8, 10].map((factor) => factor * power).find((round) => round >= value) ?? value;
}
