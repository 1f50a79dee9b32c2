const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** The Castagnoli checksum (RFC 3720, appendix B.4) of a part of `data`. */
export function crc32c(data: Uint8Array, start: number, end: number): number {
  let sum = 0xffffffff;
  for (let at = start; at < end; at++) sum = (TABLE[(sum ^ (data[at] ?? 0)) & 0xff] ?? 0) ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

/** As LevelDB stores it: rotated and shifted, so that a checksum of data that holds checksums does not go wrong. */
export function maskedCrc32c(data: Uint8Array, start: number, end: number): number {
  const sum = crc32c(data, start, end);
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}
