import type { ExplainedReason, Opinion } from '../../domain/explain/explanation.js';

/** The opinions in the JSON of an explanation, or undefined if it is none. What is wrong with one entry costs that entry only. */
export function readOpinions(text: string): readonly Opinion[] | undefined {
  const deciders = field(parse(text), 'deciders');
  return Array.isArray(deciders) ? deciders.flatMap((each) => readOpinion(each) ?? []) : undefined;
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
