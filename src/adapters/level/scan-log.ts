import { maskedCrc32c } from './crc32c.js';

/**
 * LevelDB's log files (github.com/google/leveldb, doc/log_format.md): blocks of 32 KiB, in them records of checksum (4 bytes), length
 * (2) and type (1); a batch is one record `full`, or `first`, any number of `middle` and `last`.
 */
const BLOCK = 32_768;
const HEADER = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

export interface LogScan {
  /** Complete batches before the end or the damage. */
  readonly batches: number;
  /** Where the last complete batch ends. */
  readonly soundBytes: number;
  readonly damage: LogDamage | null;
}

export interface LogDamage {
  readonly offset: number;
  /** `tail`: nothing complete follows it, as after a loss of power. */
  readonly kind: 'tail' | 'middle';
  readonly problem: 'cut off' | 'wrong checksum' | 'out of order';
}

type Piece =
  | { readonly kind: 'piece'; readonly type: number; readonly next: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'bad'; readonly problem: LogDamage['problem'] };

/** Reads a log as LevelDB does, but does not skip what is damaged. */
export function scanLog(data: Uint8Array): LogScan {
  let batches = 0;
  let sound = 0;
  for (;;) {
    const batch = readBatch(data, sound);
    if (batch.kind === 'end') return { batches, soundBytes: sound, damage: null };
    if (batch.kind === 'bad') {
      const kind = completeBatchFollows(data, batch.at) ? 'middle' : 'tail';
      return { batches, soundBytes: sound, damage: { offset: batch.at, kind, problem: batch.problem } };
    }
    batches += 1;
    sound = batch.next;
  }
}

type Batch =
  | { readonly kind: 'batch'; readonly next: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'bad'; readonly at: number; readonly problem: LogDamage['problem'] };

function readBatch(data: Uint8Array, from: number): Batch {
  let at = from;
  for (let inside = false; ; inside = true) {
    const piece = readPiece(data, at);
    if (piece.kind === 'end') return inside ? { kind: 'bad', at: from, problem: 'cut off' } : piece;
    if (piece.kind === 'bad') return { kind: 'bad', at, problem: piece.problem };
    const begins = piece.type === FULL || piece.type === FIRST;
    if (begins === inside) return { kind: 'bad', at, problem: 'out of order' };
    at = piece.next;
    if (piece.type === FULL || piece.type === LAST) return { kind: 'batch', next: at };
  }
}

function readPiece(data: Uint8Array, from: number): Piece {
  const left = BLOCK - (from % BLOCK);
  const at = left < HEADER ? from + left : from;
  if (at >= data.length) return { kind: 'end' };
  const room = Math.min(BLOCK - (at % BLOCK), data.length - at);
  if (room < HEADER) return { kind: 'bad', problem: 'cut off' };
  const view = new DataView(data.buffer, data.byteOffset + at, HEADER);
  const length = view.getUint16(4, true);
  const type = view.getUint8(6);
  const next = at + HEADER + length;
  if (HEADER + length > room) {
    const fits = HEADER + length <= BLOCK - (at % BLOCK);
    return { kind: 'bad', problem: fits ? 'cut off' : 'wrong checksum' };
  }
  const valid = type >= FULL && type <= LAST && view.getUint32(0, true) === maskedCrc32c(data, at + HEADER - 1, next);
  return valid ? { kind: 'piece', type, next } : { kind: 'bad', problem: 'wrong checksum' };
}

/** Is there a whole batch behind the damage? Looked for at each byte of a damaged block, since its lengths cannot be trusted. */
function completeBatchFollows(data: Uint8Array, damage: number): boolean {
  let at = damage + 1;
  while (at + HEADER <= data.length) {
    if (mayBegin(data, at) && readBatch(data, at).kind === 'batch') return true;
    at += 1;
  }
  return false;
}

function mayBegin(data: Uint8Array, at: number): boolean {
  const type = data[at + HEADER - 1];
  return (type === FULL || type === FIRST) && BLOCK - (at % BLOCK) >= HEADER;
}
