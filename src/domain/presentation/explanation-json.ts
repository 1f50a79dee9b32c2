import { plainSentence } from '../explain/plain-reason.js';
import { requestOutlook } from '../explain/outlook.js';
import type { Explanation } from '../explain/explanation.js';
import { insightLines } from './insight-text.js';
import { visibleJson } from './visible-text.js';

/** The JSON object of an explanation: keys in small letters with underscores, as in the lists; ages in whole seconds. */
export function explanationJson({ subject, state, opinions, insight }: Explanation, now: number): string {
  const json = JSON.stringify(
    snakeKeys({
      subject,
      state,
      outlook: state?.kind === 'request' ? requestOutlook(state, opinions) : null,
      deciders: opinions.map((opinion) => ({
        ...opinion,
        reasons: opinion.reasons.map((reason) => ({ ...reason, sentence: plainSentence(reason) })),
        age: Math.max(0, Math.floor(now - opinion.since)),
      })),
      ...insight,
      findings: insight && insightLines(insight, now),
    }),
  );
  return visibleJson(json);
}

function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [snake(key), snakeKeys(item)]));
}

function snake(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
