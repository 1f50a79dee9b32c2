import type { SubjectKind } from '../../domain/explain/explanation.js';
import { requestOutlook } from '../../domain/explain/outlook.js';
import { opinionLines, outlookLines, recordLines } from '../../domain/presentation/explanation-text.js';
import { printable } from '../../domain/presentation/printable.js';
import type { InquiryResult, LauncherAnswer } from '../../ports/administration/explanations.js';
import type { Subcommand } from './subcommand.js';

/** Not found is a text on the standard output and no failure, as for `delete` (spec BUILDER 3.1). */
export const explainSubject: Subcommand = {
  mirrors: ['nodes', 'requests', 'images', 'launchers', 'builders', 'leases'],
  async run(context) {
    // The parser lets nothing else through.
    const kind = (context.optional('kind') ?? 'fleet') as SubjectKind;
    const id = context.value('id');
    const changes = context.all('--if');
    if (changes.length > 0 && kind !== 'request') throw new Error('--if goes with a request only');
    const addresses = context.all('--launcher');
    const result = await context.inquiries.ask(kind, id, addresses, context.signal, changes);
    for (const line of explanationLines(kind, id, result, context.now)) context.print(line);
  },
};

function explanationLines(
  kind: SubjectKind,
  id: string,
  { records, launchers, builders }: InquiryResult,
  now: number,
): readonly string[] {
  const heard = [...launchers, ...(builders ?? [])].some((answer) => answer.kind === 'answered');
  const found = records !== undefined || heard;
  const head = found
    ? [...outlook(records, launchers), ...recordLines({ kind, id }, records?.state ?? null, now)]
    : [printable(`${kind[0]?.toUpperCase()}${kind.slice(1)} ${id} not found`)];
  const built = builders === undefined ? [] : builderLines(builders, now);
  if (launchers.length === 0)
    return [...head, ...built, 'No launcher is registered; this is what the records say alone.'];
  const answers = launchers.flatMap((answer) => answerLines('launcher', answer, now));
  const none = launchers.every((answer) => answer.kind === 'silent');
  return [
    ...head,
    ...built,
    ...answers,
    ...(none ? ['No launcher answered; this is what the records say alone.'] : []),
  ];
}

/** From what all launchers say together. */
function outlook(records: InquiryResult['records'], launchers: readonly LauncherAnswer[]): readonly string[] {
  const state = records?.state;
  if (state?.kind !== 'request') return [];
  const opinions = launchers.flatMap((answer) => (answer.kind === 'answered' ? answer.opinions : []));
  return outlookLines(requestOutlook(state, opinions));
}

function builderLines(builders: readonly LauncherAnswer[] | null, now: number): readonly string[] {
  if (builders === null) return ['Builders are not asked: webapp.builder_port is not set.'];
  return builders.flatMap((answer) => answerLines('builder', answer, now));
}

function answerLines(who: 'launcher' | 'builder', answer: LauncherAnswer, now: number): readonly string[] {
  const title = printable(`${who} ${answer.address}`);
  switch (answer.kind) {
    case 'silent':
      return [printable(`${title} does not answer: ${answer.problem}`)];
    case 'unknown':
      return [`${title} knows nothing about it`];
    case 'answered':
      return answeredLines(title, answer, now);
  }
}

function answeredLines(
  title: string,
  { opinions, findings = [] }: LauncherAnswer & { readonly kind: 'answered' },
  now: number,
): readonly string[] {
  if (opinions.length + findings.length === 0) return [`${title} remembers no decision about it`];
  return [`${title}:`, ...opinionLines(opinions, now), ...findings.map((line) => printable(`  ${line}`))];
}
