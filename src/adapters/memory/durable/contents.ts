import { checkPath, parentOf } from '../../../ports/toolkit/paths.js';
import type { EngineChange } from '../../../ports/coordination/store-engine.js';
import type { StoreLine } from '../../../ports/administration/store-contents.js';
import { StoreLineError } from '../../../ports/administration/store-contents.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import type { MemoryTree, StoredRecord } from '../memory-tree.js';
import { TRANSACTION_KEY } from './commit-log.js';
import { encodeNumber, encodeStored } from './stored-codec.js';

/** The persistent records of a tree as lines, parents first, without the root. @param whole with times and versions */
export function linesOf(tree: MemoryTree, whole: boolean): StoreLine[] {
  const lines: StoreLine[] = [];
  for (const [path, record] of tree.walk()) if (path !== '/' && !record.owner) lines.push(lineOf(path, record, whole));
  return lines;
}

/** @param whole with times and version */
export function lineOf(path: string, record: StoredRecord, whole: boolean): StoreLine {
  const { childCreations: sequence, createdTime, modifiedTime, version } = record;
  const bytes = Buffer.from(record.data.buffer, record.data.byteOffset, record.data.byteLength);
  const text = bytes.toString('utf8');
  const data = Buffer.from(text, 'utf8').equals(bytes) ? { data: text } : { base64: bytes.toString('base64') };
  const more = whole ? { created: createdTime, modified: modifiedTime, version } : {};
  return { path, ...data, sequence, ...more };
}

/**
 * What an empty engine has to keep to hold these records.
 * @param now for records that do not say when they were made, seconds
 * @throws StoreLineError naming the line
 */
export function changesFor(lines: readonly StoreLine[], now: number): readonly EngineChange[] {
  const known = new Set(['/']);
  const changes = lines.map((line, index): EngineChange => {
    const { path } = line;
    try {
      checkPath(path);
    } catch (error) {
      throw new StoreLineError(`line ${index + 1}: ${asError(error).message}`);
    }
    if (known.has(path)) throw new StoreLineError(`line ${index + 1}: ${path} is there twice`);
    if (!known.has(parentOf(path))) throw new StoreLineError(`line ${index + 1}: the record above ${path} is missing`);
    known.add(path);
    return { key: path, value: encodeStored(recordOf(line, index + 1, now)) };
  });
  return [...changes, { key: TRANSACTION_KEY, value: encodeNumber(lines.length + 1) }];
}

function recordOf(line: StoreLine, modifiedId: number, now: number): StoredRecord {
  return {
    data: dataOf(line),
    version: line.version ?? 0,
    createdTime: line.created ?? now,
    modifiedTime: line.modified ?? now,
    modifiedId,
    owner: null,
    childCreations: line.sequence,
  };
}

export function dataOf({ data, base64 = '' }: StoreLine): Uint8Array {
  return data === undefined ? Buffer.from(base64, 'base64') : Buffer.from(data, 'utf8');
}
