/**
 * Writes values as ZooKeeper's serialisation jute lays them out: big-endian numbers, lengths before texts, buffers and vectors, and a
 * length before the whole (Apache ZooKeeper, `zookeeper.jute` and "BinaryOutputArchive").
 */
export class JuteWriter {
  private buffer: Buffer;
  /** The first four bytes are kept for the length of the frame. */
  private used = 4;

  constructor(expected = 128) {
    this.buffer = Buffer.allocUnsafe(Math.max(16, expected + 4));
  }

  int(value: number): this {
    this.reserve(4);
    this.used = this.buffer.writeInt32BE(value, this.used);
    return this;
  }

  long(value: bigint): this {
    this.reserve(8);
    this.used = this.buffer.writeBigInt64BE(value, this.used);
    return this;
  }

  bool(value: boolean): this {
    this.reserve(1);
    this.used = this.buffer.writeUInt8(value ? 1 : 0, this.used);
    return this;
  }

  /** No bytes are written as length 0, never as -1 (null), on which older kazoo clients stumble. */
  bytes(value: Uint8Array): this {
    this.int(value.length);
    this.reserve(value.length);
    this.buffer.set(value, this.used);
    this.used += value.length;
    return this;
  }

  text(value: string): this {
    const length = Buffer.byteLength(value);
    this.int(length);
    this.reserve(length);
    this.used += this.buffer.write(value, this.used, length, 'utf8');
    return this;
  }

  texts(values: readonly string[]): this {
    this.int(values.length);
    for (const value of values) this.text(value);
    return this;
  }

  /** The frame with its length in front. The writer must not be used afterwards. */
  frame(): Buffer {
    this.buffer.writeInt32BE(this.used - 4, 0);
    return this.buffer.subarray(0, this.used);
  }

  private reserve(bytes: number): void {
    if (this.used + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.used + bytes));
    this.buffer.copy(larger, 0, 0, this.used);
    this.buffer = larger;
  }
}
