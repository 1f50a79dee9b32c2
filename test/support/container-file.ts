/** One line of a Containerfile, those that end in a backslash joined. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** @throws Error for a line that is no instruction */
export function instructions(text: string): readonly Instruction[] {
  const joined = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n/g, ' ');
  return joined
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const match = /^([A-Z]+)\s+(.*)$/.exec(line);
      if (!match) throw new Error(`no instruction: ${line}`);
      return { name: match[1] ?? '', rest: match[2]?.trim() ?? '' };
    });
}
