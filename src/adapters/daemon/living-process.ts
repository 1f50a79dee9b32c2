import { readFileSync } from 'node:fs';

/** Is there such a process, of whomever? One that has ended and waits for its parent to notice is none. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Not allowed to signal it: it is there.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  return !/^\d+ \(.*\) Z /s.test(about(pid, 'stat') ?? '');
}

/** The program's name without its arguments, which may hold secrets; null where the system does not tell. */
export function nameOfProcess(pid: number): string | null {
  return about(pid, 'comm')?.trim() ?? null;
}

function about(pid: number, what: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'latin1');
  } catch {
    return null;
  }
}
