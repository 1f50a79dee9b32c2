import type { OperationResult, TreeOperation } from '../../../ports/coordination/tree-store.js';
import { OK, RUNTIME_INCONSISTENCY } from '../error-codes.js';
import { MalformedMessageError } from './jute-reader.js';
import type { JuteReader } from './jute-reader.js';
import type { JuteWriter } from './jute-writer.js';
import { putCreate, readStat } from './messages.js';
import { ANY_VERSION, OPERATION } from './protocol.js';

/** Several requests as one: a header before each of them, and one that says that there are no more (`MultiHeader`). */
export function putMulti(writer: JuteWriter, operations: readonly TreeOperation[]): JuteWriter {
  for (const operation of operations) put(writer, operation);
  return writer.int(-1).bool(true).int(-1);
}

/** `code` is 0 unless an operation was refused; then none was carried out and `refused` is the first of those that were. */
export interface MultiAnswer {
  readonly code: number;
  readonly refused: number;
  readonly results: readonly OperationResult[];
}

/** Bytes of the request, more or less. */
export function multiSize(operations: readonly TreeOperation[]): number {
  return operations.reduce(
    (sum, one) => sum + 80 + one.path.length + (one.kind === 'remove' ? 0 : one.data.length),
    64,
  );
}

export function readMulti(reader: JuteReader, operations: readonly TreeOperation[]): MultiAnswer {
  const results: OperationResult[] = [];
  const codes: number[] = [];
  for (;;) {
    const type = reader.int();
    const done = reader.bool();
    reader.int();
    if (done) break;
    const operation = operations[codes.length];
    if (!operation) throw new MalformedMessageError('more results than there were operations');
    if (type === ERROR) codes.push(reader.int());
    else {
      codes.push(OK);
      results.push(readResult(reader, type, operation.path));
    }
  }
  if (codes.length !== operations.length) throw new MalformedMessageError('fewer results than there were operations');
  // Those before the one that was refused say 0, those behind it that they were not looked at.
  const refused = codes.findIndex((code) => code !== OK && code !== RUNTIME_INCONSISTENCY);
  return { code: codes[refused] ?? OK, refused, results };
}

const ERROR = -1;

function put(writer: JuteWriter, operation: TreeOperation): void {
  const { path } = operation;
  switch (operation.kind) {
    case 'create':
      header(writer, OPERATION.create);
      putCreate(writer, path, operation.data, operation);
      return;
    case 'write':
      header(writer, OPERATION.setData);
      writer
        .text(path)
        .bytes(operation.data)
        .int(operation.version ?? ANY_VERSION);
      return;
    case 'remove':
      header(writer, OPERATION.remove);
      writer.text(path).int(operation.version ?? ANY_VERSION);
  }
}

function header(writer: JuteWriter, type: number): void {
  writer.int(type).bool(false).int(-1);
}

function readResult(reader: JuteReader, type: number, path: string): OperationResult {
  if (type === OPERATION.create) return { path: reader.text(), stat: null };
  if (type === OPERATION.setData) return { path, stat: readStat(reader) };
  if (type === OPERATION.remove) return { path, stat: null };
  throw new MalformedMessageError(`a result of kind ${type}`);
}
