/** The other side sent what is no message of the protocol. */
export class MalformedMessageError extends Error {
  readonly code = 'NP_ZOOKEEPER_PROTOCOL';
  override readonly name = 'MalformedMessageError';
}

/** Reads values in the order in which jute lays them out. @throws MalformedMessageError when a value runs over the end */
export class JuteReader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  get remaining(): number {
    return this.buffer.length - this.at;
  }

  int(): number {
    const value = this.buffer.readInt32BE(this.take(4));
    return value;
  }

  long(): bigint {
    return this.buffer.readBigInt64BE(this.take(8));
  }

  /** A long that fits into a number: times in milliseconds, transaction ids. */
  number(): number {
    const at = this.take(8);
    return this.buffer.readInt32BE(at) * 0x1_0000_0000 + this.buffer.readUInt32BE(at + 4);
  }

  bool(): boolean {
    return this.buffer.readUInt8(this.take(1)) !== 0;
  }

  /** A copy: the frame it came in may be large, or used again. Null counts as no bytes. */
  bytes(): Uint8Array {
    const length = this.int();
    if (length <= 0) return new Uint8Array();
    const at = this.take(length);
    return Uint8Array.prototype.slice.call(this.buffer, at, at + length);
  }

  text(): string {
    const length = this.int();
    if (length <= 0) return '';
    const at = this.take(length);
    return this.buffer.toString('utf8', at, at + length);
  }

  texts(): readonly string[] {
    const count = this.int();
    // Each text takes its length at least: a wrong count must not make us reserve what is not there.
    if (count > this.remaining / 4) throw new MalformedMessageError(`a list of ${count} in ${this.remaining} bytes`);
    return Array.from({ length: Math.max(0, count) }, () => this.text());
  }

  private take(bytes: number): number {
    const { at } = this;
    if (bytes < 0 || at + bytes > this.buffer.length) {
      throw new MalformedMessageError(`${bytes} bytes are wanted where ${this.buffer.length - at} are left`);
    }
    this.at = at + bytes;
    return at;
  }
}
