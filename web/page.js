import { nodeChart } from './chart.js';
import { ageText, h, morph, setServerTime } from './elements.js';
import { explained, explanationOf } from './explanation.js';
import { leaseSection } from './leases.js';
import { nodeSection, searchAllNodes } from './nodes.js';
import {
  configurationNotice,
  daemonSection,
  imageSection,
  labelSection,
  poolSection,
  requestSection,
  summary,
} from './sections.js';

/** @typedef {import('../src/domain/presentation/live.js').LiveSections} Sections */

/** @type {Partial<Sections>} */
const shown = {};
const NAMES = /** @type {const} */ ([
  'configuration',
  'daemons',
  'pools',
  'nodes',
  'history',
  'labels',
  'requests',
  'images',
  'leases',
]);
/** A server that says nothing for so long is gone, milliseconds; it gives a sign of life every ten seconds. */
const SILENCE = 25_000;
const SLOWEST_RETRY = 30_000;

let filter = '';
let allLabels = false;
/** Minutes that the chart shows; null: as many as are known. @type {number | null} */
let span = null;
let serverNow = Date.now() / 1000;
let heard = Date.now();
let lastId = '';
let retry = 1000;
/** @type {EventSource | undefined} */
let source;
/** @type {Set<string>} */
const dirty = new Set();
let painting = false;

/** @param {string} id @param {readonly Node[]} children */
function fill(id, children) {
  const target = document.querySelector(`#${id} .body`);
  if (target) morph(target, children);
}

/** Once per frame, and only what has changed. @param {...string} names */
function paint(...names) {
  for (const name of names) dirty.add(name);
  if (painting) return;
  painting = true;
  requestAnimationFrame(() => {
    painting = false;
    const changed = new Set(dirty);
    dirty.clear();
    draw(changed);
  });
}

/** One unit of the drawing is one pixel, so that its texts are as large as all others. */
function chartWidth() {
  const body = document.querySelector('#nodes .body');
  return Math.max(280, Math.min(1280, body?.clientWidth ?? 720));
}

/** How each section is drawn, once all that it needs is known. @type {Record<string, () => void>} */
const DRAW = {
  requests: () => shown.requests && fill('requests', requestSection(shown.requests, filter)),
  pools: () => shown.pools && fill('pools', poolSection(shown.pools, filter)),
  leases: () => shown.leases && fill('leases', leaseSection(shown.leases, filter)),
  configuration: () => {
    const notice = document.getElementById('configuration');
    if (!notice || !shown.configuration) return;
    notice.hidden = shown.configuration.mistakes === 0;
    morph(notice, configurationNotice(shown.configuration));
  },
  images: () => shown.images && fill('images', imageSection(shown.images, filter)),
  labels: () => shown.labels && fill('labels', labelSection(shown.labels, filter, allLabels)),
  nodes: () => {
    if (!shown.nodes) return;
    fill('node-table', nodeSection(shown.nodes, filter));
    DRAW['history']?.();
  },
  history: () =>
    shown.nodes && shown.history && fill('nodes', nodeChart(shown.history, shown.nodes, serverNow, chartWidth(), span)),
  daemons: () => {
    if (!shown.daemons) return;
    fill('daemons', daemonSection(shown.daemons, filter));
    const stale = document.getElementById('stale');
    if (stale) stale.hidden = shown.daemons.current;
  },
};

/** @param {Set<string>} changed */
function draw(changed) {
  const tiles = document.getElementById('summary');
  if (tiles) morph(tiles, summary(shown));
  for (const name of changed) DRAW[name]?.();
}

/** @param {'connecting' | 'live' | 'lost'} state @param {string} text */
function say(state, text) {
  const link = document.getElementById('link');
  // Said again it would be read aloud again.
  if (!link || (link.dataset['state'] === state && link.textContent === text)) return;
  link.dataset['state'] = state;
  link.textContent = text;
}

/** @param {MessageEvent<unknown>} event @returns {unknown} */
function parse(event) {
  return JSON.parse(String(event.data));
}

function connect() {
  source?.close();
  const events = new EventSource(`/live/events${lastId === '' ? '' : `?last=${encodeURIComponent(lastId)}`}`);
  source = events;
  for (const name of NAMES) {
    events.addEventListener(name, (event) => {
      Object.assign(shown, { [name]: parse(event) });
      paint(name);
    });
  }
  events.addEventListener('done', (event) => {
    lastId = event.lastEventId;
  });
  events.addEventListener('beat', (event) => {
    heard = Date.now();
    serverNow = /** @type {{ now: number }} */ (parse(event)).now;
    retry = 1000;
    setServerTime(serverNow);
    say('live', 'live');
    paint('history');
    void explain();
  });
  events.addEventListener('error', () => {
    say('lost', 'connection lost, trying again');
    // The browser gives up after an answer that is no stream, and says so by closing.
    if (events.readyState !== EventSource.CLOSED) return;
    setTimeout(connect, retry);
    retry = Math.min(SLOWEST_RETRY, retry * 2);
  });
}

setInterval(() => {
  if (document.hidden) return;
  for (const element of document.querySelectorAll('time[data-since]')) {
    const text = ageText(Number(element.getAttribute('data-since')));
    if (element.textContent !== text) element.textContent = text;
  }
  if (Date.now() - heard < SILENCE) return;
  heard = Date.now();
  say('lost', 'no news, trying again');
  connect();
}, 1000);

window.addEventListener('resize', () => paint('history'));

const field = document.getElementById('filter');
if (field instanceof HTMLInputElement) {
  field.addEventListener('input', () => {
    filter = field.value.trim().toLowerCase();
    searchAllNodes(filter, shown.nodes, () => paint('nodes'));
    paint(...NAMES);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && document.activeElement !== field) {
      event.preventDefault();
      field.focus();
    }
    if (event.key === 'Escape' && document.activeElement === field) {
      field.value = '';
      field.dispatchEvent(new Event('input'));
    }
  });
}

document.addEventListener('click', ({ target }) => {
  if (!(target instanceof HTMLElement)) return;
  if (target.id === 'all-labels') {
    allLabels = true;
    paint('labels');
  }
  if (target.id === 'close-explanation') location.hash = '';
  const chosen = target.getAttribute('data-span');
  if (chosen !== null) {
    span = chosen === 'all' ? null : Number(chosen);
    paint('history');
  }
  if (target.getAttribute('data-clear') === 'filter' && field instanceof HTMLInputElement) {
    field.value = '';
    field.dispatchEvent(new Event('input'));
    field.focus();
  }
});

/** The explanation that the address names; asked for again with every news, for it is no use when it is old. */
async function explain() {
  const card = document.getElementById('explanation');
  const wanted = explained(location.hash);
  if (!card) return;
  const opening = wanted !== null && card.hidden;
  card.hidden = wanted === null;
  if (!wanted) return;
  const title = card.querySelector('h2');
  const heading =
    wanted.kind === 'fleet' ? 'What do all requests wait for?' : `Why is ${wanted.kind} ${wanted.id} as it is?`;
  const another = title?.textContent !== heading;
  if (title && another) title.textContent = heading;
  if (another) fill('explanation', [h('p', { class: 'empty' }, 'Asking the launcher …')]);
  const asked = location.hash;
  /** @type {readonly Node[]} */
  let body;
  try {
    body = await explanationOf(wanted.kind, wanted.id);
  } catch {
    body = [h('p', { class: 'problem' }, 'The launcher does not answer.')];
  }
  if (location.hash !== asked) return;
  fill('explanation', body);
  if (opening || another) card.scrollIntoView({ block: 'start' });
  if (opening || another) card.focus({ preventScroll: true });
}

window.addEventListener('hashchange', () => void explain());
void explain();

connect();
