import { SUBJECT_KINDS, type SubjectKind } from '../../domain/explain/explanation.js';
import { explanationJson } from '../../domain/presentation/explanation-json.js';
import { explanationText } from '../../domain/presentation/explanation-text.js';
import type { Explanations } from '../../ports/administration/explanations.js';
import type { AnswerType } from './negotiate.js';

/** The page about one subject, or undefined if nothing is known about it or there is no such kind of subject. */
export function explainPage(
  explanations: Explanations,
  { kind, id, changes = [] }: { readonly kind: string; readonly id: string; readonly changes?: readonly string[] },
  type: AnswerType,
  now: number,
): string | undefined {
  const explanation = isSubjectKind(kind) ? explanations.explain(kind, id, changes) : undefined;
  if (!explanation) return undefined;
  return type === 'json' ? explanationJson(explanation, now) : `${explanationText(explanation, now)}\n`;
}

function isSubjectKind(kind: string): kind is SubjectKind {
  return kind === 'fleet' || (SUBJECT_KINDS as readonly string[]).includes(kind);
}
