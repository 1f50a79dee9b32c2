/** What `nodepool drivers` and `nodepool driver-test` print. */
import type { DriverCapabilities } from '../../ports/compute/driver.js';
import type { CheckResult } from '../driver-kit/run-checks.js';
import { CAPABILITIES } from './check-plugin.js';

export interface DriverRow {
  readonly name: string;
  /** `built-in`, or the package with its version. */
  readonly source: string;
  readonly api: string;
  readonly capabilities: DriverCapabilities | undefined;
  /** Why it cannot be used. */
  readonly problem?: string;
}

/** A table, and below it what is wrong with those that cannot be used. */
export function driverLines(rows: readonly DriverRow[]): readonly string[] {
  const cells = [
    ['driver', 'version', 'API', 'capabilities'],
    ...rows.map((row) => [
      row.name,
      row.source,
      row.api,
      row.problem === undefined ? words(row.capabilities) : 'unusable',
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((line) => (line[column] ?? '').length)));
  const lines = cells.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const problems = rows.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`]));
  return problems.length === 0 ? lines : [...lines, '', ...problems];
}

function words(capabilities: DriverCapabilities | undefined): string {
  if (!capabilities) return 'not said';
  return CAPABILITIES.filter((capability) => capabilities[capability]).join(' ') || 'none';
}

/** One check: its outcome, name and promise; below it what is wrong, or why it was skipped. */
export function checkLines({ check, outcome, leftBehind }: CheckResult): readonly string[] {
  const head = { passed: 'pass', failed: 'FAIL', skipped: 'skip' }[outcome.kind];
  const line = `  ${head}  ${check.name.padEnd(26)}${check.promise}`;
  const left = leftBehind.length === 0 ? [] : [`          delete leaves machines behind: ${leftBehind.join(', ')}`];
  if (outcome.kind === 'passed') return [...left, line];
  return [...left, line, `          ${outcome.kind === 'failed' ? outcome.problem : outcome.reason}`];
}

/** What somebody has to delete by hand. */
export function leftBehindLines(results: readonly CheckResult[]): readonly string[] {
  const ids = [...new Set(results.flatMap(({ leftBehind }) => leftBehind))];
  if (ids.length === 0) return [];
  return [
    `delete does not work: ${ids.length} machines are left behind, delete them by hand:`,
    ...ids.map((id) => `  ${id}`),
  ];
}

export function sumLine(results: readonly CheckResult[]): string {
  const count = (kind: CheckResult['outcome']['kind']): number =>
    results.filter(({ outcome }) => outcome.kind === kind).length;
  return `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
}
