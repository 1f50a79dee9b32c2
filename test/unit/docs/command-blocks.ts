import { DOCUMENTS, type Document } from './documents.js';

/** Lines that belong together in a document and are meant for a shell, or look like that. */
export interface CommandBlock {
  readonly file: string;
  readonly line: number;
  /** The nearest heading above. */
  readonly heading: string;
  readonly text: string;
  readonly mark: Mark;
}

/**
 * What the comment in front of a block says about it: `<!-- not run: why -->`, `<!-- run by: a test -->`, `<!-- output -->` for what is
 * not to be typed in. Blocks without a mark are run by `test/e2e/documents.test.ts`.
 */
export type Mark =
  | { readonly kind: 'run' }
  | { readonly kind: 'output' }
  | { readonly kind: 'not run'; readonly why: string }
  | { readonly kind: 'run by'; readonly test: string };

const MARK = /^<!-- (output|not run|run by)(?:: (.+))? -->$/;
const INDENTED = /^(?: {4}| {7})(?=\S)/;
const FENCE = /^```(\w*)$/;

/** Indented blocks, and fenced ones of language `sh`. */
function commandBlocks({ file, text }: Document): readonly CommandBlock[] {
  const blocks: CommandBlock[] = [];
  const lines = text.split('\n');
  let heading = '';
  let mark: Mark = { kind: 'run' };
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const start = index;
    const block = (body: readonly string[]): void =>
      void blocks.push({ file, line: start + 1, heading, text: body.map((each) => each.trimStart()).join('\n'), mark });
    const fence = FENCE.exec(line);
    const marked = MARK.exec(line.trim());
    if (marked) {
      mark = markOf(marked[1] ?? '', marked[2] ?? '');
      continue;
    }
    if (line.trim() === '') continue;
    if (fence) {
      const end = lines.indexOf('```', index + 1);
      if (end < 0) throw new Error(`${file}:${start + 1}: a block without an end`);
      if (fence[1] === 'sh') block(lines.slice(index + 1, end));
      index = end;
    } else if (INDENTED.test(line)) {
      let end = index;
      while (INDENTED.test(lines[end] ?? '') || (/^ {4,}\S/.test(lines[end] ?? '') && end > index)) end += 1;
      block(lines.slice(index, end));
      index = end - 1;
    } else if (line.startsWith('#')) heading = line.replace(/^#+ /, '');
    mark = { kind: 'run' };
  }
  return blocks;
}

function markOf(kind: string, detail: string): Mark {
  if (kind === 'not run') return { kind, why: detail };
  return kind === 'run by' ? { kind, test: detail } : { kind: 'output' };
}

/** Specifications describe; nothing in them is meant to be typed in. */
export const COMMAND_BLOCKS: readonly CommandBlock[] = DOCUMENTS.filter(
  ({ file }) => !file.startsWith('docs/spec/'),
).flatMap(commandBlocks);
