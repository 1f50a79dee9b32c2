import type { LoggedEvent } from '../transaction-log.js';
import { HandoutRule } from './handout-rule.js';
import type { LogRule } from './log-rule.js';
import { LoggedTree } from './logged-tree.js';

/** What the transaction log says of how nodes were handed out, and of what else was to be judged. */
export interface Verdict {
  readonly problems: readonly string[];
  readonly fulfilled: number;
  readonly nodes: number;
}

/** Goes through the log in order and notes whatever the rules do not allow; that no node is given twice is always among them. */
export function judge(events: readonly LoggedEvent[], more: readonly LogRule[] = []): Verdict {
  const handout = new HandoutRule();
  const rules: readonly LogRule[] = [handout, ...more];
  const tree = new LoggedTree();
  const problems: string[] = [];
  for (const event of events) {
    for (const change of tree.changesOf(event)) {
      const found = rules.flatMap((rule) => rule.see(change, tree));
      problems.push(...found.map((problem) => (event.transaction ? `${event.transaction}: ${problem}` : problem)));
      tree.apply(change);
    }
  }
  problems.push(...rules.flatMap((rule) => rule.atEnd?.(tree) ?? []));
  return { problems, fulfilled: handout.fulfilled.size, nodes: handout.made };
}
