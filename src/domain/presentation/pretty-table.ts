import { displayWidth } from './display-width.js';
import { visible } from './visible-text.js';

/**
 * A table in the layout of PrettyTable: left aligned, one blank on each side, rules above and below the header and at the
 * end; cells with line feeds take several lines. Scripts cut these tables apart, so the layout is an interface
 * (spec BUILDER 3.2). The answer has no line feed at the end.
 *
 * `paint`: what a cell of the body looks like on a terminal that can show colours; it must not change the cell's width.
 */
export function renderTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  paint: PaintCell = (_column, padded) => padded,
): string {
  const header = splitCells(titles, titles.length);
  const body = rows.map((row) => splitCells(row, titles.length));
  const widths = columnWidths([header, ...body]);
  const rule = ruleOf(widths);
  // An empty table keeps its closing rule, so that two rules follow the header.
  return [rule, ...layRow(header, widths), rule, ...body.flatMap((row) => layRow(row, widths, paint)), rule].join('\n');
}

/** A line of a cell of a column, padded to its width, in colour if it has one. */
export type PaintCell = (column: number, padded: string) => string;

export function ruleOf(widths: readonly number[]): string {
  return `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
}

/** One line of plain cells. */
export function layLine(cells: readonly string[], widths: readonly number[]): string {
  return `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
}

/** The lines of a cell with the width of each. */
export type Cell = readonly CellLine[];

interface CellLine {
  readonly text: string;
  readonly width: number;
}

const PLAIN = /^[\x20-\x7e]*$/;
const NOTHING: CellLine = { text: '', width: 0 };

export function splitCells(row: readonly string[], columns: number): readonly Cell[] {
  return Array.from({ length: columns }, (_, column) => splitCell(row[column] ?? ''));
}

function splitCell(text: string): Cell {
  if (PLAIN.test(text)) return [{ text, width: text.length }];
  const lines = visible(text.replaceAll(/\r\n?/g, '\n').replaceAll('\t', ' '), '\n').split('\n');
  return lines.map((line) => ({ text: line, width: displayWidth(line) }));
}

function columnWidths(rows: readonly (readonly Cell[])[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) widen(widths, row);
  return widths;
}

/** Makes the columns wide enough for the row. */
export function widen(widths: number[], row: readonly Cell[]): void {
  row.forEach((cell, column) => {
    for (const { width } of cell) widths[column] = Math.max(widths[column] ?? 0, width);
  });
}

export function layRow(row: readonly Cell[], widths: readonly number[], paint?: PaintCell): readonly string[] {
  const height = row.reduce((most, cell) => Math.max(most, cell.length), 1);
  return Array.from({ length: height }, (_, index) => {
    const cells = row.map((cell, column) => {
      const { text, width } = cell[index] ?? NOTHING;
      const padded = text + ' '.repeat((widths[column] ?? 0) - width);
      return paint ? paint(column, padded) : padded;
    });
    return `| ${cells.join(' | ')} |`;
  });
}
