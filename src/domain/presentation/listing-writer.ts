import { cellText, type Column, type Listing } from './listing.js';
import { layLine, layRow, ruleOf, splitCells, widen, type Cell } from './pretty-table.js';
import { pythonJson } from './python-json.js';

/** What a row looks like whenever it is asked for; between two pieces belongs the text of a ticking column. */
type Pieces = readonly string[];

interface PlainRow {
  /** The texts of all columns, those of ticking ones as of the last list. */
  readonly cells: string[];
  /** Padded to `widths`; undefined while the widths of the table differ. */
  laid: Pieces | undefined;
  widths: readonly number[] | undefined;
}

/** A row with cells of several lines or of wide characters. They are rare, and laid out anew each time. */
interface OddRow {
  readonly odd: readonly Cell[];
}

/** Rows between two parts: no part takes more than a few milliseconds. */
const ROWS_AT_ONCE = 500;
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Writes the same list again and again: what a row looks like is remembered as long as the row object lives, so that a list of
 * 10,000 rows of which few have changed costs little more than its ages (DESIGN 10). The texts are those of `listingJson` and
 * `listingTable`, in parts, so that who serves others besides can do so between two of them; a part may be empty. Rows must not change;
 * a changed record is a new row.
 */
export class ListingWriter<Row extends object> {
  private readonly objects = new WeakMap<Row, Pieces>();
  private readonly lines = new WeakMap<Row, PlainRow>();
  private readonly tickingJson: readonly Column<Row>[];
  private readonly tickingText: readonly number[];
  /** Kept as one object while they stay, so that rows can tell by looking at it. */
  private widths: readonly number[] = [];

  constructor(private readonly listing: Listing<Row>) {
    this.tickingJson = listing.filter(({ ticking }) => ticking === 'both');
    this.tickingText = listing.flatMap(({ ticking }, column) => (ticking === undefined ? [] : [column]));
  }

  *json(rows: readonly Row[], now: number): Generator<string, void> {
    let text = '[';
    for (const [index, row] of rows.entries()) {
      const pieces = this.object(row, now);
      text += index === 0 ? pieces[0] : `, ${pieces[0]}`;
      for (let column = 0; column < this.tickingJson.length; column += 1) {
        text += pythonJson(this.tickingJson[column]?.json(row, now));
        text += pieces[column + 1];
      }
      if ((index + 1) % ROWS_AT_ONCE === 0) {
        yield text;
        text = '';
      }
    }
    yield `${text}]`;
  }

  *table(rows: readonly Row[], now: number): Generator<string, void> {
    const titles = this.listing.map(({ title }) => title);
    const widths = titles.map((title) => title.length);
    const lines: (PlainRow | OddRow)[] = [];
    for (const row of rows) {
      const line = this.line(row, now);
      lines.push(line);
      if ('odd' in line) widen(widths, line.odd);
      else widenPlain(widths, line.cells);
      if (lines.length % ROWS_AT_ONCE === 0) yield '';
    }
    const rule = ruleOf(widths);
    const laidOut = this.remembered(widths);
    let text = `${rule}\n${layLine(titles, widths)}\n${rule}\n`;
    for (const [index, line] of lines.entries()) {
      text += `${'odd' in line ? layRow(line.odd, widths).join('\n') : this.layOut(line, laidOut)}\n`;
      if ((index + 1) % ROWS_AT_ONCE === 0) {
        yield text;
        text = '';
      }
    }
    yield text + rule;
  }

  /** The same object as for the list before if the widths are the same. */
  private remembered(widths: readonly number[]): readonly number[] {
    const same = widths.length === this.widths.length && widths.every((width, column) => width === this.widths[column]);
    if (!same) this.widths = widths;
    return this.widths;
  }

  private object(row: Row, now: number): Pieces {
    const known = this.objects.get(row);
    if (known) return known;
    const pieces: string[][] = [[]];
    for (const [index, { key, json, ticking }] of this.listing.entries()) {
      pieces.at(-1)?.push(index === 0 ? '{' : ', ', pythonJson(key), ': ');
      if (ticking === 'both') pieces.push([]);
      else pieces.at(-1)?.push(pythonJson(json(row, now)));
    }
    pieces.at(-1)?.push('}');
    // Joined, because strings that were added up keep all their parts in memory.
    const joined = pieces.map((parts) => parts.join(''));
    this.objects.set(row, joined);
    return joined;
  }

  private line(row: Row, now: number): PlainRow | OddRow {
    const known = this.lines.get(row);
    if (known) {
      for (const column of this.tickingText) known.cells[column] = this.cell(row, column, now);
      return known;
    }
    const cells = this.listing.map((_, column) => this.cell(row, column, now));
    if (!cells.every((cell) => PLAIN.test(cell))) return { odd: splitCells(cells, cells.length) };
    const line = { cells, laid: undefined, widths: undefined };
    this.lines.set(row, line);
    return line;
  }

  private layOut(line: PlainRow, widths: readonly number[]): string {
    if (line.widths !== widths || !line.laid) {
      line.laid = this.padded(line.cells, widths);
      line.widths = widths;
    }
    let text = line.laid[0] ?? '';
    for (let index = 0; index < this.tickingText.length; index += 1) {
      const column = this.tickingText[index] ?? 0;
      text += (line.cells[column] ?? '').padEnd(widths[column] ?? 0);
      text += line.laid[index + 1];
    }
    return text;
  }

  private padded(cells: readonly string[], widths: readonly number[]): Pieces {
    const pieces: string[][] = [[]];
    for (const [column, cell] of cells.entries()) {
      pieces.at(-1)?.push(column === 0 ? '| ' : ' | ');
      if (this.tickingText.includes(column)) pieces.push([]);
      else pieces.at(-1)?.push(cell.padEnd(widths[column] ?? 0));
    }
    pieces.at(-1)?.push(' |');
    return pieces.map((parts) => parts.join(''));
  }

  private cell(row: Row, column: number, now: number): string {
    const { text, json } = this.listing[column] ?? {};
    return cellText((text ?? json)?.(row, now));
  }
}

function widenPlain(widths: number[], cells: readonly string[]): void {
  for (let column = 0; column < widths.length; column += 1) {
    const { length } = cells[column] ?? '';
    if (length > (widths[column] ?? 0)) widths[column] = length;
  }
}
