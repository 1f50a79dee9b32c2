import { readFileSync } from 'node:fs';

export interface Golden {
  readonly argv: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A recorded run of the original: `$ nodepool ARGS`, `# rc=N`, then both outputs. */
export function golden(name: string): Golden {
  const text = readFileSync(new URL(`../../fixtures/cli/${name}.txt`, import.meta.url), 'utf8');
  const match = /^\$ nodepool ?(.*)\n# rc=(\d+)\n# --- stdout ---\n([^]*)# --- stderr ---\n([^]*)$/.exec(text);
  if (!match) throw new Error(`${name} is not a recorded run`);
  const [, args = '', code, stdout = '', stderr = ''] = match;
  return { argv: args.split(' ').filter((arg) => arg !== ''), exitCode: Number(code), stdout, stderr };
}
