import type { ExplainedReason } from '../../domain/explain/explained-reason.js';
import type { Opinion } from '../../domain/explain/explanation.js';

export interface ReadOpinions {
  readonly opinions: readonly Opinion[];
  readonly findings?: readonly string[];
}

/** What the JSON of an explanation says, or undefined if it is none. What is wrong with one entry costs that entry only. */
export function readOpinions(text: string): ReadOpinions | undefined {
  const json = parse(text);
  const deciders = field(json, 'deciders');
  if (!Array.isArray(deciders)) return undefined;
  const opinions = deciders.flatMap((each) => readOpinion(each) ?? []);
  const findings = field(json, 'findings');
  return Array.isArray(findings) ? { opinions, findings: findings.filter(isText) } : { opinions };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function readOpinion(value: unknown): Opinion | undefined {
  const [decider, verdict, since, reasons] = ['decider', 'verdict', 'since', 'reasons'].map((key) => field(value, key));
  if (typeof decider !== 'string' || typeof verdict !== 'string' || typeof since !== 'number') return undefined;
  return {
    decider,
    verdict,
    since,
    reasons: Array.isArray(reasons) ? reasons.flatMap((each) => readReason(each) ?? []) : [],
  };
}

function readReason(value: unknown): ExplainedReason | undefined {
  const [code, text, unblock, facts] = ['code', 'text', 'unblock', 'facts'].map((key) => field(value, key));
  if (typeof code !== 'string' || typeof text !== 'string' || typeof unblock !== 'string') return undefined;
  return { code, text, unblock, facts: isObject(facts) ? facts : {} };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, key: string): unknown {
  return isObject(value) ? value[key] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
