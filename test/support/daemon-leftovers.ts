import { readFileSync, readdirSync } from 'node:fs';

/** Processes of ours carry this in their environment; whatever they start inherits it. */
export const MARK = 'NODEPOOL_TEST_WORLD';

export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

/** Living processes whose environment has this mark. Processes that cannot be looked at do not count. */
export function processesMarked(mark: string): Leftover[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .flatMap((pid) => {
      const environment = read(pid, 'environ').split('\0');
      if (!environment.includes(`${MARK}=${mark}`)) return [];
      return /^State:\s+Z/m.test(read(pid, 'status'))
        ? []
        : [{ pid, command: read(pid, 'cmdline').replaceAll('\0', ' ').trim() }];
    });
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
