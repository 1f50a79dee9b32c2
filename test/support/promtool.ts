import { spawnSync } from 'node:child_process';

/** For `describe.skipIf`: true if Prometheus's own checker is not here, with a message; under CI that is an error. */
export function withoutPromtool(): boolean {
  if (spawnSync('promtool', ['--version']).status === 0) return false;
  const missing = 'no promtool (it is in the Debian package prometheus)';
  if (process.env['CI'] === 'true') throw new Error(`Metrics cannot be checked: ${missing}`);
  console.warn(`Skipped, for want of a checker: ${missing}`);
  return true;
}

/** Answers what it complains about; empty if nothing. */
export function promtool(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync('promtool', [...args], { input, encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}
