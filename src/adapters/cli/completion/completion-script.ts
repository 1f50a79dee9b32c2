import type { ProgramSpec } from '../program-spec.js';
import { bashCompletion } from './bash-completion.js';
import { zshCompletion } from './zsh-completion.js';

/** A script that teaches a shell to complete command lines of the program; made from its description alone. */
export function completionScript(program: ProgramSpec, shell: 'bash' | 'zsh'): string {
  return shell === 'bash' ? bashCompletion(program) : zshCompletion(program);
}
