import { LEASE_OUTCOMES, LEASE_STATES, LEASE_VERDICTS } from '../model/lease.js';
import { NODE_STATES } from '../model/node.js';
import { METRICS, type MetricDescription } from './catalogue.js';

/** What a complete dotted name means. */
export interface LocatedMetric {
  readonly metric: MetricDescription;
  /** The values of the placeholders. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Placeholders that can only be certain words; all others are names that somebody has chosen. */
const WORDS: Readonly<Record<string, string>> = {
  result: 'ready|error\\.[^.]+',
  state: [...NODE_STATES, ...LEASE_STATES].join('|'),
  outcome: LEASE_OUTCOMES.join('|'),
  verdict: LEASE_VERDICTS.join('|'),
  cache: 'node|request|image',
  queue: 'event|playback',
  method: 'GET|HEAD|POST|PUT|PATCH|DELETE',
  hostname: '.+',
  path: '.+',
};

interface Pattern {
  readonly metric: MetricDescription;
  readonly expression: RegExp;
  readonly fixed: number;
}

const STRICT = patterns('[^.]+');
/** For names with dots that nobody has told us of. */
const LENIENT = patterns('.+');

/**
 * Finds the metric that a name belongs to, the most specific one if several fit. Names of images, providers and labels go into it
 * as they are; which parts belong together when they have dots in them is known only for those in `dotted`.
 */
export function locateMetric(name: string, dotted: Iterable<string> = []): LocatedMetric | undefined {
  let shielded = `.${name}.`;
  for (const part of dotted) shielded = shielded.replaceAll(`.${part}.`, `.${part.replaceAll('.', SHIELD)}.`);
  const text = shielded.slice(1, -1);
  return find(STRICT, text) ?? find(LENIENT, text);
}

/** The description of a metric by its complete name. */
export function describeMetric(name: string): MetricDescription | undefined {
  return locateMetric(name)?.metric;
}

const SHIELD = '\u0000';

function find(all: readonly Pattern[], text: string): LocatedMetric | undefined {
  for (const { metric, expression } of all) {
    const groups = expression.exec(text)?.groups;
    if (expression.test(text) && !groups) return { metric, labels: {} };
    if (!groups) continue;
    const labels = Object.entries(groups).map(([key, value]) => [key, value.replaceAll(SHIELD, '.')]);
    return { metric, labels: Object.fromEntries(labels) as Readonly<Record<string, string>> };
  }
  return undefined;
}

/** The longest fixed text first. */
function patterns(anything: string): readonly Pattern[] {
  return METRICS.map((metric) => {
    const escaped = metric.name.replaceAll('.', '\\.');
    const source = escaped.replaceAll(/<([^>]+)>/g, (_, key: string) => `(?<${key}>${WORDS[key] ?? anything})`);
    const fixed = metric.name.replaceAll(/<[^>]+>/g, '').length;
    return { metric, expression: new RegExp(`^${source}$`, 's'), fixed };
  }).sort((a, b) => b.fixed - a.fixed);
}
