import { age, chip, emptyNote, explainLink, gauge, h, hiddenNote, matches, number, table } from './elements.js';
import { opinion } from './explanation.js';

/** @typedef {import('../src/domain/presentation/live.js').LiveSections} Sections */

const FIRST_ROWS = 12;

/** @param {Partial<Sections>} all */
export function summary({ nodes, requests, images, daemons }) {
  return [
    nodes
      ? tile('nodes', 'Nodes', nodes.total, `${number(count(nodes.states, 'in-use'))} in use`)
      : tile('nodes', 'Nodes'),
    nodes
      ? tile(
          'free',
          'Free',
          count(nodes.states, 'free'),
          `${number(count(nodes.states, 'reserved'))} more reserved, ${number(count(nodes.states, 'building', 'testing', 'init'))} on their way`,
        )
      : tile('free', 'Free'),
    requests ? requestTile(requests) : tile('requests', 'Requests waiting'),
    images ? imageTile(images) : tile('images', 'Images'),
    daemons ? daemonTile(daemons) : tile('daemons', 'Daemons'),
  ];
}

/** What is said when the configuration in force is not what the file says. @param {Sections['configuration']} configuration */
export function configurationNotice({ mistakes, places }) {
  const more = mistakes - places.length;
  return [
    h(
      'p',
      {},
      `The changed configuration has ${plural(mistakes, 'mistake')}: this launcher goes on with the one before, and would not start again. `,
      h('code', {}, 'nodepool config-validate'),
      ' says what to mend.',
    ),
    h(
      'ul',
      {},
      places.map((place) => h('li', {}, place)),
      more > 0 && h('li', {}, `${number(more)} more`),
    ),
  ];
}

/** @param {readonly {state: string, count: number}[]} states @param {...string} wanted */
function count(states, ...wanted) {
  return states.filter(({ state }) => wanted.includes(state)).reduce((sum, each) => sum + each.count, 0);
}

/** @param {Sections['requests']} requests */
function requestTile({ states, total }) {
  const waiting = count(states, 'requested', 'pending');
  return tile('requests', 'Requests waiting', waiting, `${number(total)} in all`, waiting > 0 ? 'high' : 'fine');
}

/** @param {Sections['images']} images */
function imageTile(images) {
  const troubled = images.filter((image) => image.problems.length > 0).length;
  const note = troubled === 0 ? 'no problems' : `${troubled} with problems`;
  return tile('images', 'Images', images.length, note, troubled > 0 ? 'full' : 'fine');
}

/** @param {Sections['daemons']} daemons */
function daemonTile({ launchers, builders }) {
  const alive = launchers.length + builders.length;
  const note = `${plural(launchers.length, 'launcher')}, ${plural(builders.length, 'builder')}`;
  return tile('daemons', 'Daemons', alive, note, alive === 0 ? 'full' : 'fine');
}

/** @param {number} many @param {string} noun */
function plural(many, noun) {
  return `${number(many)} ${noun}${many === 1 ? '' : 's'}`;
}

/**
 * @param {string} key
 * @param {string} title
 * @param {number} [value]
 * @param {string} [note]
 * @param {string} [level]
 */
function tile(key, title, value, note = '', level = 'fine') {
  return h(
    'div',
    { class: 'tile', 'data-key': key, 'data-level': level },
    h('p', { class: 'title' }, title),
    h('p', { class: 'value', id: `total-${key}` }, value === undefined ? '…' : number(value)),
    h('p', { class: 'note' }, note),
  );
}

/** @param {Sections['requests']} requests @param {string} filter */
export function requestSection(requests, filter) {
  const shown = requests.waiting.filter((request) =>
    matches(filter, [
      request.id,
      request.requestor,
      ...request.labels,
      ...request.opinions.flatMap((each) => each.reasons.map((reason) => reason.text)),
    ]),
  );
  const open = requests.states
    .filter(({ state }) => state === 'requested' || state === 'pending')
    .reduce((sum, each) => sum + each.count, 0);
  if (open === 0) return [h('p', { class: 'empty' }, 'No request waits. '), stateChips(requests.states)];
  const list = shown.map((request) =>
    h(
      'li',
      { 'data-key': request.id },
      h(
        'details',
        {},
        h(
          'summary',
          {},
          h('code', {}, request.id),
          h('span', { class: 'labels' }, request.labels.join(', ')),
          h('span', { class: 'why' }, headline(request)),
          h('span', { class: 'since' }, chip(request.state), ' ', age(request.since)),
        ),
        h(
          'p',
          { class: 'muted' },
          `Asked for by ${request.requestor ?? 'somebody unknown'}`,
          request.declinedBy > 0 ? `; declined by ${request.declinedBy} pools` : '',
          '. ',
          explainLink('request', request.id, 'Everything about it'),
        ),
        h('dl', {}, request.opinions.flatMap(opinion)),
      ),
    ),
  );
  return [
    h(
      'p',
      { class: 'reasons' },
      requests.because.length > 0 ? h('a', { href: '#explain/fleet' }, 'What they wait for') : '',
      requests.because.length > 0 ? ': ' : '',
      requests.because
        .slice(0, 8)
        .map(({ code, title, count }) =>
          h('span', { class: 'because', title: code }, `${title} × ${number(count)}`, ' ', h('small', {}, code)),
        ),
    ),
    shown.length === 0
      ? emptyNote(requests.waiting.length, filter, 'No request waits.')
      : h('ul', { class: 'requests' }, list),
    shown.length > 0 && hiddenNote(shown.length, requests.waiting.length, filter),
    requests.waiting.length < open &&
      h(
        'p',
        { class: 'muted' },
        `Only the ${number(requests.waiting.length)} that are served first are here, of ${number(open)} that wait.`,
      ),
  ].filter((each) => each instanceof Node);
}

/** The first reason that any pool has, or what is happening. @param {Sections['requests']['waiting'][number]} request */
function headline(request) {
  for (const { reasons } of request.opinions) if (reasons[0]) return reasons[0].text;
  return request.state === 'pending' ? 'its nodes are being made' : 'nobody has looked at it yet';
}

/** @param {readonly {state: string, count: number}[]} states */
function stateChips(states) {
  return h(
    'span',
    { class: 'chips' },
    states.map(({ state, count }) => chip(state, number(count))),
  );
}

/** @param {Sections['pools']} pools @param {string} filter */
export function poolSection(pools, filter) {
  const rows = pools
    .filter(({ provider, pool }) => matches(filter, [provider, pool]))
    .map(({ provider, pool, launchers, paused, disabled, use, nodes }) =>
      h(
        'tr',
        { 'data-key': `${provider}/${pool}` },
        h('th', { scope: 'row' }, explainLink('pool', `${provider}/${pool}`)),
        h(
          'td',
          { class: 'gauges' },
          use.map(({ resource, used, limit }) => gauge(used, limit, resource)),
        ),
        h('td', {}, nodes.length === 0 ? h('span', { class: 'muted' }, 'none') : stateChips(nodes)),
        h(
          'td',
          {},
          disabled
            ? chip('disabled')
            : launchers === 0
              ? chip('unserved')
              : paused
                ? chip('waits for room')
                : chip('serving'),
        ),
      ),
    );
  return [
    rows.length === 0
      ? emptyNote(pools.length, filter, 'No pools.')
      : table('Pools with their use and limits', ['Pool', 'Use and limits', 'Nodes', 'Service'], rows),
    rows.length > 0 && hiddenNote(rows.length, pools.length, filter),
  ].filter((each) => each instanceof Node);
}

/** @param {Sections['images']} images @param {string} filter */
export function imageSection(images, filter) {
  const rows = images
    .filter(({ image, providers }) => matches(filter, [image, ...providers.map(({ provider }) => provider)]))
    .map(({ image, paused, buildOrdered, builds, providers, problems }) =>
      h(
        'tr',
        { 'data-key': image },
        h(
          'th',
          { scope: 'row' },
          explainLink('image', image),
          ' ',
          paused && chip('paused'),
          buildOrdered !== null && chip('ordered'),
        ),
        h(
          'td',
          {},
          builds.length === 0
            ? h('span', { class: 'muted' }, 'never built')
            : builds.map(({ build, state, since, builder, formats }) =>
                h(
                  'div',
                  { class: 'step', 'data-key': build },
                  chip(state),
                  ' ',
                  age(since),
                  h(
                    'span',
                    { class: 'muted' },
                    ` ${shortBuild(build)} on ${builder ?? 'unknown'}${formats.length > 0 ? `, ${formats.join(', ')}` : ''}`,
                  ),
                ),
              ),
        ),
        h(
          'td',
          {},
          providers.length === 0
            ? h('span', { class: 'muted' }, 'goes nowhere')
            : providers.map(({ provider, state, since, build, inUse }) =>
                h(
                  'div',
                  { class: 'step', 'data-key': provider },
                  h('b', {}, provider),
                  ' ',
                  chip(state),
                  ' ',
                  since !== null && age(since),
                  build !== null &&
                    inUse !== null &&
                    build !== inUse &&
                    h('span', { class: 'muted' }, ` (${shortBuild(inUse)} in use)`),
                ),
              ),
          problems.map(({ provider, builder, problem, failures, nextTry }) =>
            h(
              'p',
              { class: 'problem' },
              `${provider ?? 'build'} on ${builder}: ${problem}${failures > 0 ? ` (${failures} times)` : ''}`,
              nextTry !== null && [', again ', age(nextTry)],
            ),
          ),
        ),
      ),
    );
  return [
    rows.length === 0
      ? emptyNote(images.length, filter, 'No images are built here.')
      : table('Images from build to upload', ['Image', 'Builds', 'Uploads by provider'], rows),
    rows.length > 0 && hiddenNote(rows.length, images.length, filter),
  ].filter((each) => each instanceof Node);
}

/** @param {string} build */
function shortBuild(build) {
  return build.length > 12 ? build.slice(0, 8) : build;
}

/** @param {Sections['labels']} labels @param {string} filter @param {boolean} all */
export function labelSection(labels, filter, all) {
  const found = labels.filter(({ label }) => matches(filter, [label]));
  const rows = (all || filter !== '' ? found : found.slice(0, FIRST_ROWS)).map(
    ({ label, minReady, free, nodes, waiting }) =>
      h(
        'tr',
        { 'data-key': label },
        h('th', { scope: 'row' }, explainLink('label', label)),
        h(
          'td',
          {
            class: 'number',
            'data-title': 'free',
            'data-level': minReady !== null && minReady > free ? 'high' : 'fine',
          },
          !minReady ? number(free) : `${number(free)} of ${number(minReady)}`,
        ),
        h('td', { class: 'number', 'data-title': 'nodes' }, number(nodes)),
        h(
          'td',
          { class: 'number', 'data-title': 'waiting', 'data-level': waiting > 0 ? 'high' : 'fine' },
          number(waiting),
        ),
      ),
  );
  if (rows.length === 0) return [emptyNote(labels.length, filter, 'No labels.')];
  const more = found.length - rows.length;
  return [
    table('Labels', ['Label', '#Free of min-ready', '#Nodes', '#Waiting'], rows),
    hiddenNote(found.length, labels.length, filter),
    ...(more > 0 ? [h('button', { id: 'all-labels', type: 'button' }, `Show ${number(more)} more`)] : []),
  ].filter((each) => each instanceof Node);
}

/** @param {Sections['daemons']} daemons @param {string} filter */
export function daemonSection({ launchers, builders, damaged }, filter) {
  const rows = [
    ...launchers.map((daemon) => ({ kind: 'launcher', daemon })),
    ...builders.map((daemon) => ({ kind: 'builder', daemon })),
  ]
    .filter(({ daemon }) => matches(filter, [daemon.hostname, ...daemon.pools]))
    .map(({ kind, daemon }) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, daemon.hostname),
        h('td', {}, kind),
        h('td', {}, chip(daemon.state ?? 'running'), ' ', h('span', { class: 'muted' }, daemon.version ?? '')),
        h('td', { class: 'wrap' }, daemon.pools.length > 6 ? `${daemon.pools.length} pools` : daemon.pools.join(', ')),
      ),
    );
  return [
    rows.length === 0
      ? emptyNote(launchers.length + builders.length, filter, 'Nobody has announced itself.')
      : table('Launchers and builders that are alive', ['Host', 'Kind', 'State', 'Pools'], rows),
    rows.length > 0 && hiddenNote(rows.length, launchers.length + builders.length, filter),
    ...(damaged > 0 ? [h('p', { class: 'problem' }, `${damaged} records cannot be understood; see the log.`)] : []),
  ].filter((each) => each instanceof Node);
}
