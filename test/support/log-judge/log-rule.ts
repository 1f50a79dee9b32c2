import type { LoggedChange } from '../transaction-log.js';
import type { LoggedTree } from './logged-tree.js';

/** What nobody may do, however often he is killed or cut off. Answers what is wrong, in words. */
export interface LogRule {
  /** Asked before the change is made in the tree. */
  see(change: LoggedChange, tree: LoggedTree): readonly string[];
  /** Asked once, when all is over. */
  atEnd?(tree: LoggedTree): readonly string[];
}
