import type { ProgramSpec, Shell } from '../program-spec.js';
import { bashCompletion } from './bash-completion.js';
import { fishCompletion } from './fish-completion.js';
import { zshCompletion } from './zsh-completion.js';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const satisfies Record<
  Shell,
  unknown
>;

/** A script that teaches a shell to complete command lines of the program; made from its description alone. */
export function completionScript(program: ProgramSpec, shell: Shell): string {
  return SCRIPTS[shell](program);
}
