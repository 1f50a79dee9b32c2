import { cellText, type Column, type Listing } from './listing.js';
import { layLine, renderTable, ruleOf } from './pretty-table.js';
import { pythonJson } from './python-json.js';

/** What a row looks like whenever it is asked for; between two pieces belongs the text of a ticking column. */
type Pieces = readonly string[];

interface TextRow {
  /** The texts of all columns, those of ticking ones as of the last list. */
  readonly cells: string[];
  /** Padded to `widths`; undefined while the widths of the table differ. */
  laid: Pieces | undefined;
  widths: readonly number[] | undefined;
}

const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Writes the same list again and again: what a row looks like is remembered as long as the row object lives, so that a list of
 * 10,000 rows of which few have changed costs little more than its ages (DESIGN 10). The texts are those of `listingJson` and
 * `listingTable`. Rows must not change; a changed record is a new row.
 */
export class ListingWriter<Row extends object> {
  private readonly objects = new WeakMap<Row, Pieces>();
  private readonly lines = new WeakMap<Row, TextRow>();
  private readonly tickingJson: readonly Column<Row>[];
  private readonly tickingText: readonly number[];
  /** Kept as one object while they stay, so that rows can tell by looking at it. */
  private widths: readonly number[] = [];

  constructor(private readonly listing: Listing<Row>) {
    this.tickingJson = listing.filter(({ ticking }) => ticking === 'both');
    this.tickingText = listing.flatMap(({ ticking }, column) => (ticking === undefined ? [] : [column]));
  }

  json(rows: readonly Row[], now: number): string {
    let text = '';
    for (const row of rows) {
      const pieces = this.object(row, now);
      text += text === '' ? pieces[0] : `, ${pieces[0]}`;
      for (let index = 0; index < this.tickingJson.length; index += 1) {
        text += pythonJson(this.tickingJson[index]?.json(row, now));
        text += pieces[index + 1];
      }
    }
    return `[${text}]`;
  }

  table(rows: readonly Row[], now: number): string {
    const titles = this.listing.map(({ title }) => title);
    const widths = titles.map((title) => title.length);
    const lines: TextRow[] = [];
    for (const row of rows) {
      const line = this.line(row, now);
      // Cells of several lines or of wide characters are rare; the thorough way knows them.
      if (!line) return this.thoroughTable(titles, rows, now);
      lines.push(line);
      for (let column = 0; column < widths.length; column += 1) {
        const { length } = line.cells[column] ?? '';
        if (length > (widths[column] ?? 0)) widths[column] = length;
      }
    }
    if (widths.length !== this.widths.length || widths.some((width, column) => width !== this.widths[column]))
      this.widths = widths;
    const rule = ruleOf(this.widths);
    let text = `${rule}\n${layLine(titles, this.widths)}\n${rule}\n`;
    for (const line of lines) text += `${this.layOut(line)}\n`;
    return text + rule;
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

  /** Undefined if a cell is not plain text. */
  private line(row: Row, now: number): TextRow | undefined {
    const known = this.lines.get(row);
    if (known) {
      for (const column of this.tickingText) known.cells[column] = this.cell(row, column, now);
      return known;
    }
    const cells = this.listing.map((_, column) => this.cell(row, column, now));
    if (!cells.every((cell) => PLAIN.test(cell))) return undefined;
    const line = { cells, laid: undefined, widths: undefined };
    this.lines.set(row, line);
    return line;
  }

  private layOut(line: TextRow): string {
    if (line.widths !== this.widths || !line.laid) {
      line.laid = this.padded(line.cells);
      line.widths = this.widths;
    }
    let text = line.laid[0] ?? '';
    for (let index = 0; index < this.tickingText.length; index += 1) {
      const column = this.tickingText[index] ?? 0;
      text += (line.cells[column] ?? '').padEnd(this.widths[column] ?? 0);
      text += line.laid[index + 1];
    }
    return text;
  }

  private padded(cells: readonly string[]): Pieces {
    const pieces: string[][] = [[]];
    for (const [column, cell] of cells.entries()) {
      pieces.at(-1)?.push(column === 0 ? '| ' : ' | ');
      if (this.tickingText.includes(column)) pieces.push([]);
      else pieces.at(-1)?.push(cell.padEnd(this.widths[column] ?? 0));
    }
    pieces.at(-1)?.push(' |');
    return pieces.map((parts) => parts.join(''));
  }

  private cell(row: Row, column: number, now: number): string {
    const { text, json } = this.listing[column] ?? {};
    return cellText((text ?? json)?.(row, now));
  }

  private thoroughTable(titles: readonly string[], rows: readonly Row[], now: number): string {
    return renderTable(
      titles,
      rows.map((row) => this.line(row, now)?.cells ?? this.listing.map((_, column) => this.cell(row, column, now))),
    );
  }
}
