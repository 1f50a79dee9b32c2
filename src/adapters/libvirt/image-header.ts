import { open, stat } from 'node:fs/promises';
import { misconfigured } from './provider-failure.js';

const QCOW2_MAGIC = 0x514649fb;
/** Bits of features that a reader has to know: data in another file is one of them. */
const EXTERNAL_DATA = 1n << 2n;
const HEADER = 104;

/**
 * Looks at the file itself: a host must not be made to read files that an image names. Answers the size of the disk in bytes.
 * @throws ProviderError kind `configuration` if it is not what its format says
 */
export async function diskSizeOf(file: string, format: string): Promise<number> {
  const { size } = await stat(file);
  if (size === 0) throw misconfigured(`the image file ${file} is empty`);
  const header = await beginning(file);
  const isQcow2 = header.length >= 4 && header.readUInt32BE(0) === QCOW2_MAGIC;
  if (format === 'raw') {
    if (isQcow2) throw misconfigured(`the image file ${file} is said to be raw, but is qcow2`);
    return size;
  }
  if (format !== 'qcow2') throw misconfigured(`images of format ${format} cannot be used; qcow2 and raw can`);
  if (!isQcow2 || header.length < 72) throw misconfigured(`the image file ${file} is said to be qcow2, but is not`);
  return qcow2Size(file, header);
}

function qcow2Size(file: string, header: Buffer): number {
  const version = header.readUInt32BE(4);
  if (version < 2 || version > 3)
    throw misconfigured(`the image file ${file} is of a qcow2 version ${version} that is not known`);
  if (header.readBigUInt64BE(8) !== 0n) throw misconfigured(`the image file ${file} is an overlay on another file`);
  if (version === 3 && (header.readBigUInt64BE(72) & EXTERNAL_DATA) !== 0n) {
    throw misconfigured(`the image file ${file} keeps its data in another file`);
  }
  return Number(header.readBigUInt64BE(24));
}

async function beginning(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER), 0, HEADER, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
