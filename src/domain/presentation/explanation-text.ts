/** An explanation for people: what the records say, then what each pool says and why. */
import type {
  Count,
  Explanation,
  ExplanationSubject,
  FleetFacts,
  HoldFacts,
  ImageFacts,
  ImageProblemFacts,
  UploadVerdicts,
  LabelFacts,
  NodeFacts,
  Opinion,
  PoolFacts,
  PoolHolding,
  RequestFacts,
  SubjectState,
} from '../explain/explanation.js';
import type { Outlook } from '../explain/outlook.js';
import { requestOutlook } from '../explain/outlook.js';
import { isMoment } from '../model/moment.js';
import { ageOf, formatAge, UNKNOWN_TIME } from './age.js';
import { insightLines } from './insight-text.js';
import { formatMoment } from './moment.js';
import { printable } from './printable.js';

export function explanationText({ subject, state, opinions, insight }: Explanation, now: number): string {
  const outlook = state?.kind === 'request' ? outlookLines(requestOutlook(state, opinions)) : [];
  const besides = insight ? insightLines(insight, now) : [];
  const decided = JUDGED.has(subject.kind) ? decidedLines(opinions, now) : [];
  return [...outlook, ...recordLines(subject, state, now), ...decided, ...besides].map(printable).join('\n');
}

/** Decisions are about these. */
const JUDGED: ReadonlySet<string> = new Set(['request', 'node', 'label', 'image']);

function decidedLines(opinions: readonly Opinion[], now: number): readonly string[] {
  const said = opinions.length > 0 ? opinionLines(opinions, now) : ['  nothing: no decision about it is remembered'];
  return ['What is decided about it:', ...said];
}

/** Never or not yet, which is what people want to know first. */
export function outlookLines(outlook: Outlook | null): readonly string[] {
  if (outlook === null) return [];
  const words = outlook.because.join('; or ');
  const line = {
    underway: `is being served: ${outlook.because.join('; ')}`,
    'not-yet': `will be served when: ${words}`,
    never: `no registered pool can ever serve it, because: ${outlook.because.join('; ')}`,
  }[outlook.verdict];
  return [printable(line)];
}

/** The part that comes from the records alone. */
export function recordLines(subject: ExplanationSubject, state: SubjectState | null, now: number): readonly string[] {
  const title = subject.kind === 'fleet' ? 'all requests' : `${subject.kind} ${subject.id}`;
  if (!state) return [`${title}: there is no record of it any more`];
  return [title, ...factLines(state, now).map((line) => `  ${line}`)].map(printable);
}

export function opinionLines(opinions: readonly Opinion[], now: number): readonly string[] {
  return opinions
    .flatMap(({ decider, verdict, since, reasons }) => [
      `  ${decider}: ${verdict}, since ${ageOf(since, now)}`,
      ...reasons.flatMap(({ text, unblock }) => [`    ${text}`, `      what helps: ${unblock}`]),
    ])
    .map(printable);
}

function factLines(state: SubjectState, now: number): readonly string[] {
  switch (state.kind) {
    case 'request':
      return requestLines(state, now);
    case 'node':
      return nodeLines(state, now);
    case 'label':
      return labelLines(state);
    case 'image':
      return imageLines(state, now);
    case 'pool':
    case 'provider':
      return state.holdings.flatMap(holdingLines);
    case 'fleet':
      return fleetLines(state, now);
  }
}

function fleetLines({ waiting, oldest, labels }: FleetFacts, now: number): readonly string[] {
  const since = oldest === null ? '' : `, the oldest since ${ageOf(oldest, now)}`;
  return [`waiting: ${waiting}${since}`, `labels: ${list(labels.map(({ label, count }) => `${count} ${label}`))}`];
}

function holdingLines(holding: PoolHolding): readonly string[] {
  const limits = Object.entries(holding.limits).map(([resource, limit]) => `${limit} ${resource}`);
  const launchers = holding.launchers.map(
    ({ id, priority, paused }) => `${id}, priority ${priority}${paused ? ', waits for capacity' : ''}`,
  );
  return [
    `${holding.provider}/${holding.pool}${holding.configured ? '' : ' (not in this configuration)'}`,
    `  limits: ${list(limits)}`,
    `  launchers: ${launchers.length === 0 ? 'none' : launchers.join('; ')}`,
    `  nodes: ${counts(holding.nodes)}`,
    `  waiting requests that it could serve: ${holding.couldServe}`,
  ];
}

function requestLines(request: RequestFacts, now: number): readonly string[] {
  return [
    stateLine(request, now),
    `labels: ${list(request.nodeTypes)}`,
    `requestor: ${request.requestor ?? 'unknown'}`,
    ...(request.provider === null ? [] : [`wants provider: ${request.provider}`]),
    `declined by: ${list(request.declinedBy)}`,
    `nodes: ${list(request.nodes.map((node) => `${node.id} ${node.state} ${lockWord(node.locked)}`))}`,
    ...poolLines(request.pools),
  ];
}

function nodeLines(node: NodeFacts, now: number): readonly string[] {
  const request = node.allocatedTo === null ? 'nobody' : `${node.allocatedTo} (${node.requestState ?? 'gone'})`;
  return [
    stateLine(node, now),
    `labels: ${list(node.labels)}`,
    `pool: ${node.provider ?? 'none'}/${node.pool ?? 'none'}`,
    `launcher: ${node.launcher === null ? 'none' : `${node.launcher} (${node.launcherAlive ? 'registered' : 'gone'})`}`,
    `allocated to: ${request}`,
    ...(node.hold === null ? [] : holdLines(node.hold, now)),
    ...(node.comment === null ? [] : [`comment: ${node.comment}`]),
  ];
}

function holdLines({ job, until }: HoldFacts, now: number): readonly string[] {
  return [
    `held by: ${job === null ? 'an operator, or a client that does not say for which job' : `job ${job}`}`,
    `held until: ${until === null ? 'somebody deletes it' : momentWords(until, now)}`,
  ];
}

function momentWords(time: number, now: number): string {
  return isMoment(time) ? `${formatMoment(time)}, in ${formatAge(Math.max(0, time - now))}` : UNKNOWN_TIME;
}

function labelLines(label: LabelFacts): readonly string[] {
  return [
    `min-ready: ${label.minReady ?? 'the label is not in this configuration'}`,
    `free and ready: ${label.free}`,
    `asked for: ${list(label.underway)}`,
    `nodes: ${counts(label.nodes)}`,
    ...poolLines(label.pools),
  ];
}

function imageLines(image: ImageFacts, now: number): readonly string[] {
  const ordered = image.buildRequested === null ? 'no' : `yes, since ${ageOf(image.buildRequested, now)}`;
  return [
    `configured: ${image.configured ? 'yes' : 'no'}`,
    `paused: ${image.paused ? 'yes' : 'no'}`,
    `build ordered: ${ordered}`,
    'builds:',
    ...indented(
      image.builds.map(
        (each) =>
          `${each.build} ${sinceWords(each, now)}, by ${each.builder ?? 'unknown'}, formats: ${list(each.formats)}`,
      ),
    ),
    ...(image.problems.length === 0
      ? []
      : ['problems:', ...indented(image.problems.map((problem) => problemWords(problem, now)))]),
    'uploads:',
    ...indented(
      image.uploads.map(
        (each) => `${each.provider} ${each.build}/${each.upload} ${sinceWords(each, now)}${fared(each.fared)}`,
      ),
    ),
  ];
}

function problemWords({ builder, provider, failures, problem, nextTry }: ImageProblemFacts, now: number): string {
  const what = provider === null ? 'cannot build it' : `cannot upload it to ${provider}`;
  const often = failures === 0 ? '' : `, ${failures} failures`;
  const next = nextTry === null ? '' : `, next try in ${formatAge(Math.max(0, nextTry - now))}`;
  return `${builder} ${what}${often}${next}: ${problem}`;
}

/** What holders of leases said of nodes made from it. */
function fared(verdicts: readonly UploadVerdicts[]): string {
  const words = verdicts.map(
    ({ label, ok, failed, broken }) => `${label}: ${ok} ok, ${failed} failed, ${broken} broken`,
  );
  return words.length === 0 ? '' : `; leases of ${words.join('; ')}`;
}

function poolLines(pools: readonly PoolFacts[]): readonly string[] {
  return ['registered pools:', ...indented(pools.map(poolLine))];
}

function poolLine(pool: PoolFacts): string {
  const images = pool.images.map(({ image, ready }) => `image ${image} ${ready ? 'ready' : 'NOT ready'}`);
  const facts = [
    pool.missingLabels.length === 0 ? 'offers all labels' : `does not offer ${list(pool.missingLabels)}`,
    ...(pool.declined ? ['has declined'] : []),
    ...(pool.paused ? ['waits for capacity'] : []),
    `priority ${pool.priority}`,
    ...new Set(images),
    `nodes: ${counts(pool.nodes)}`,
  ];
  return `${pool.provider}/${pool.pool ?? '?'} (${pool.id}): ${facts.join('; ')}`;
}

function stateLine(
  record: { readonly state: string; readonly stateTime: number; readonly locked: boolean },
  now: number,
): string {
  return `state: ${sinceWords(record, now)}, ${lockWord(record.locked)}`;
}

function sinceWords({ state, stateTime }: { readonly state: string; readonly stateTime: number }, now: number): string {
  return `${state} since ${ageOf(stateTime, now)}`;
}

function lockWord(locked: boolean): string {
  return locked ? 'locked' : 'unlocked';
}

function counts(all: readonly Count[]): string {
  return list(all.map(({ state, count }) => `${count} ${state}`));
}

function list(words: readonly string[]): string {
  return words.length === 0 ? 'none' : words.join(', ');
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['  none'] : lines.map((line) => `  ${line}`);
}
