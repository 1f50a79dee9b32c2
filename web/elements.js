/** Plain DOM: making elements, and changing what is shown into what should be shown without losing focus or open details. */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined>} attributes
 * @param {...(Child | readonly Child[])} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  applyAttributes(element, attributes);
  appendAll(element, children);
  return element;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Child | readonly Child[])} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  applyAttributes(element, attributes);
  appendAll(element, children);
  return element;
}

/** Control characters, marks that change the direction of text, halves of characters. */
const HIDDEN = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const LONGEST = 2000;

/** Texts of records are written by others: what would hide or turn them is shown as an escape. @param {string} text */
export function visible(text) {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return cut.replaceAll(HIDDEN, (hidden) => `\\u${hidden.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * @param {Element} element
 * @param {Record<string, string | number | boolean | null | undefined>} attributes
 */
function applyAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : visible(`${value}`));
  }
}

/**
 * @param {Element} element
 * @param {readonly (Child | readonly Child[])[]} children
 */
function appendAll(element, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : visible(`${child}`));
  }
}

/**
 * Makes the children of `target` like `wanted`, keeping the elements that can be kept. Elements with `data-key` are matched by it.
 * @param {Element} target
 * @param {readonly Node[]} wanted
 */
export function morph(target, wanted) {
  /** @type {Map<string, Element>} */
  const keyed = new Map();
  for (const child of target.children) {
    const key = child.getAttribute('data-key');
    if (key !== null) keyed.set(key, child);
  }
  let position = target.firstChild;
  for (const next of wanted) {
    const key = next instanceof Element ? next.getAttribute('data-key') : null;
    const match = key === null ? position : (keyed.get(key) ?? null);
    if (match && isAlike(match, next)) {
      if (position && match === position) position = position.nextSibling;
      else target.insertBefore(match, position);
      update(match, next);
    } else {
      target.insertBefore(next, position);
    }
  }
  while (position) {
    const following = position.nextSibling;
    target.removeChild(position);
    position = following;
  }
}

/** @param {Node} a @param {Node} b */
function isAlike(a, b) {
  if (a.nodeName !== b.nodeName) return false;
  if (!(a instanceof Element) || !(b instanceof Element)) return true;
  return a.getAttribute('data-key') === b.getAttribute('data-key');
}

/** @param {Node} shown @param {Node} wanted */
function update(shown, wanted) {
  if (!(shown instanceof Element) || !(wanted instanceof Element)) {
    if (shown.nodeValue !== wanted.nodeValue) shown.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name, value } of [...wanted.attributes])
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  // Whether details are open is the reader's choice.
  for (const { name } of [...shown.attributes])
    if (!wanted.hasAttribute(name) && name !== 'open') shown.removeAttribute(name);
  morph(shown, [...wanted.childNodes]);
}

/**
 * How much of a limit is used.
 * @param {number} used
 * @param {number | null} limit
 * @param {string} what
 */
export function gauge(used, limit, what) {
  const text = limit === null ? `${number(used)}` : `${number(used)} of ${number(limit)}`;
  if (limit === null) return h('span', { class: 'gauge' }, h('span', { class: 'figure' }, text), ` ${what}`);
  const share = limit > 0 ? Math.min(1, used / limit) : 1;
  const level = share >= 1 ? 'full' : 'fine';
  const bar = svg(
    'svg',
    { class: `meter ${level}`, viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { class: 'track', width: 100, height: 6, rx: 1 }),
    svg('rect', { class: 'fill', width: Math.round(share * 1000) / 10, height: 6, rx: 1 }),
  );
  return h('span', { class: 'gauge' }, h('span', { class: 'figure' }, text), ` ${what}`, bar);
}

/** @param {string} state @param {string | number} [count] */
export function chip(state, count) {
  return h(
    'span',
    { class: 'chip', 'data-state': state },
    h('i', { 'aria-hidden': 'true' }),
    count === undefined ? state : `${count} ${state}`,
  );
}

/** Is it a moment that a reader can place? Records may say anything. @param {number} time */
function isMoment(time) {
  return time >= 0 && time <= 253_402_300_799;
}

/** A moment shown as the time since then, kept up to date by the page. @param {number | null} since */
export function age(since) {
  if (since === null) return h('span', { class: 'muted' }, '–');
  if (!isMoment(since)) return h('span', { class: 'muted' }, 'unknown');
  const title = new Date(since * 1000).toISOString().replace('T', ' ').slice(0, 19);
  return h(
    'time',
    { 'data-since': since, datetime: new Date(since * 1000).toISOString(), title: `${title} UTC` },
    ageText(since),
  );
}

let offset = 0;

/** @param {number} serverNow the server's clock counts, not the reader's */
export function setServerTime(serverNow) {
  offset = serverNow - Date.now() / 1000;
}

/** @param {number} since */
export function ageText(since) {
  const seconds = Math.round(Date.now() / 1000 + offset - since);
  const size = Math.abs(seconds);
  const text =
    size < 60
      ? `${size} s`
      : size < 5400
        ? `${Math.round(size / 60)} min`
        : size < 172800
          ? `${Math.round(size / 3600)} h`
          : `${Math.round(size / 86400)} d`;
  return seconds < -1 ? `in ${text}` : text;
}

/** @param {number} value */
export function number(value) {
  return value.toLocaleString('en-GB');
}

/**
 * @param {string} caption
 * @param {readonly string[]} titles a leading `#` makes a column of numbers
 * @param {readonly HTMLElement[]} rows
 */
export function table(caption, titles, rows) {
  const heads = titles.map((title) =>
    h('th', { scope: 'col', class: title.startsWith('#') ? 'number' : null }, title.replace('#', '')),
  );
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', { class: 'hidden' }, caption),
      h('thead', {}, h('tr', {}, heads)),
      h('tbody', {}, rows),
    ),
  );
}

/**
 * What stands where a list would be: that there is nothing, or that the filter hides what there is.
 * @param {number} total
 * @param {string} filter
 * @param {string} nothing
 */
export function emptyNote(total, filter, nothing) {
  if (total === 0 || filter === '') return h('p', { class: 'empty' }, nothing);
  return h('p', { class: 'empty' }, `The filter “${filter}” hides ${number(total)} here. `, clearButton());
}

/** How many a list does not show because of the filter. @param {number} shown @param {number} total @param {string} filter */
export function hiddenNote(shown, total, filter) {
  if (filter === '' || shown >= total) return null;
  return h('p', { class: 'muted' }, `${number(total - shown)} more hidden by the filter “${filter}”. `, clearButton());
}

function clearButton() {
  return h('button', { type: 'button', class: 'small', 'data-clear': 'filter' }, 'Show all');
}

/** Opens the explanation of something in the page. @param {string} kind @param {string} id @param {string} [text] */
export function explainLink(kind, id, text = id) {
  return h('a', { href: `#explain/${kind}/${encodeURIComponent(id)}` }, text);
}

/** @param {string} filter in small letters @param {readonly (string | null)[]} texts */
export function matches(filter, texts) {
  return filter === '' || texts.some((text) => text?.toLowerCase().includes(filter));
}
