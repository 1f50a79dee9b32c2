import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { BodySource } from './client/api-call.js';

/** Bytes read at a time: what is in memory of a file of any size. */
const CHUNK = 1 << 20;
const OCTETS = 'application/octet-stream';

export interface Checksums {
  readonly md5: string;
  readonly sha256: string;
}

/** A part of a file as the body of a call, read while it is sent. */
export function filePart(file: string, from: number, length: number): BodySource {
  const end = from + length - 1;
  return {
    open: () => (length === 0 ? empty() : createReadStream(file, { start: from, end, highWaterMark: CHUNK })),
    length,
    contentType: OCTETS,
  };
}

export async function fileSize(file: string): Promise<number> {
  return (await stat(file)).size;
}

export async function fileChecksums(file: string, signal: AbortSignal): Promise<Checksums> {
  const [md5, sha256] = [createHash('md5'), createHash('sha256')];
  const stream = createReadStream(file, { highWaterMark: CHUNK, signal });
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    md5.update(chunk);
    sha256.update(chunk);
  }
  return { md5: md5.digest('hex'), sha256: sha256.digest('hex') };
}

async function* empty(): AsyncGenerator<Uint8Array> {
  // A file without contents has no chunks.
}
