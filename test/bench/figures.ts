import { cpus, loadavg } from 'node:os';

/** One line of the result. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What the value should not exceed (or, for `least`, fall below); null: for information. */
  readonly budget: number | null;
  readonly least?: boolean;
}

const WIDTH = 74;

/** Prints the figure at once: a run takes minutes. */
export function show(figure: Figure): void {
  const { what, value, unit, budget, least = false } = figure;
  const limit = budget === null ? '' : `${least ? '>=' : '<='} ${budget}`;
  const over = budget !== null && (least ? value < budget : value > budget);
  const ratio = budget === null ? '' : (value / budget).toFixed(2);
  console.log(
    `${what.padEnd(WIDTH)} ${format(value).padStart(9)} ${unit.padEnd(9)} ${limit.padStart(9)} ${ratio.padStart(6)}${over ? '  OVER' : ''}`,
  );
}

/** Others at work on the machine make every time longer; who reads the figures must know. */
export function showLoad(): void {
  const [lastMinute = 0] = loadavg();
  console.log(`${cpus().length} cores, load of the last minute ${lastMinute.toFixed(1)}, ${new Date().toISOString()}`);
}

export function showHeader(): void {
  console.log(`${'measured'.padEnd(WIDTH)} ${'value'.padStart(9)} ${''.padEnd(9)} ${'budget'.padStart(9)}  ratio`);
}

function format(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** The value below which the share `p` of the values lies. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
