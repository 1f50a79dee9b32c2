import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Document {
  /** Relative to the project. */
  readonly file: string;
  readonly text: string;
}

export function document(file: string): Document {
  return { file, text: readFileSync(path.join(ROOT, file), 'utf8') };
}

/** All that is written for people: what lies at the top, and below docs. */
export const DOCUMENTS: readonly Document[] = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(path.join(ROOT, 'docs'), { recursive: true })
    .map((name) => path.join('docs', String(name)))
    .filter((name) => name.endsWith('.md')),
].map(document);

export interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

/** Fenced blocks with their language. */
export function fencedBlocks({ text }: Document): readonly Block[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** Lines of indented blocks, and what stands between backticks. */
export function commandLines({ text }: Document): readonly string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '');
  const indented = [...prose.matchAll(/^(?: {4}| {7})(\S.*)$/gm)].map((match) => match[1] ?? '');
  const quoted = [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
  return [...indented, ...quoted].map((line) => line.replace(/\s+#.*$/, '').trim());
}

/** Parts of a document by their heading of second level. */
export function sections({ text }: Document): ReadonlyMap<string, string> {
  const parts = text.split(/^## /m).slice(1);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf('\n');
      return [part.slice(0, end).trim(), part.slice(end)];
    }),
  );
}

/** The cells of the rows of all tables, without headers. */
export function tableRows(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  const cells = lines.map((line) =>
    line
      .slice(1, line.trimEnd().lastIndexOf('|'))
      .split('|')
      .map((cell) => cell.trim()),
  );
  const rules = new Set(cells.flatMap((row, index) => (row.every((cell) => /^:?-+:?$/.test(cell)) ? [index] : [])));
  return cells.filter((_row, index) => !rules.has(index) && !rules.has(index + 1));
}

/** `a` and `b` of "`a`, `b`". */
export function quotedIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

export function anchors({ text }: Document): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

export function exists(file: string): boolean {
  return existsSync(path.join(ROOT, file));
}

export function sourceText(...folders: readonly string[]): string {
  return folders
    .flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true })
        .filter((name) => String(name).endsWith('.ts'))
        .map((name) => readFileSync(path.join(ROOT, folder, String(name)), 'utf8')),
    )
    .join('\n');
}
