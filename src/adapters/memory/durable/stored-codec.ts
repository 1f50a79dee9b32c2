import type { StoredRecord } from '../memory-tree.js';
import type { SessionEnd } from '../watch-table.js';

const FORMAT = 1;
const EPHEMERAL = 1;
/** Format, flags, version, counter of children, created, modified, number of the last change. */
const HEAD = 34;

/** A record as it is kept: numbers in a head of fixed size, little-endian, then the data. */
export function encodeStored(record: StoredRecord): Uint8Array {
  const bytes = new Uint8Array(HEAD + record.data.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FORMAT);
  view.setUint8(1, record.owner ? EPHEMERAL : 0);
  view.setInt32(2, record.version, true);
  view.setInt32(6, record.childCreations, true);
  view.setFloat64(10, record.createdTime, true);
  view.setFloat64(18, record.modifiedTime, true);
  view.setFloat64(26, record.modifiedId, true);
  bytes.set(record.data, HEAD);
  return bytes;
}

/** @param owner whose the ephemeral records are now. @throws Error when these are not the bytes of a record */
export function decodeStored(bytes: Uint8Array, owner: SessionEnd): StoredRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD || view.getUint8(0) !== FORMAT) throw new Error('not a record of this version');
  return {
    data: bytes.slice(HEAD),
    version: view.getInt32(2, true),
    createdTime: view.getFloat64(10, true),
    modifiedTime: view.getFloat64(18, true),
    modifiedId: view.getFloat64(26, true),
    owner: (view.getUint8(1) & EPHEMERAL) !== 0 ? owner : null,
    childCreations: view.getInt32(6, true),
  };
}

export function encodeNumber(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}

export function decodeNumber(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(0, true);
}
