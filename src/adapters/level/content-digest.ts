import { createHash } from 'node:crypto';

const SIZE = 16;

/**
 * A checksum over everything that is kept, whatever the order: the exclusive or of the records' hashes. It changes with each batch and is
 * committed with it, so that a store that lost something in the middle is told from one that lost its end.
 */
export class ContentDigest {
  private readonly sum = new Uint8Array(SIZE);
  private readonly hashes = new Map<string, Uint8Array>();

  set(key: string, value: Uint8Array | null): void {
    this.toggle(this.hashes.get(key));
    this.hashes.delete(key);
    if (value === null) return;
    const hash = hashOf(key, value);
    this.hashes.set(key, hash);
    this.toggle(hash);
  }

  get value(): Uint8Array {
    return Uint8Array.from(this.sum);
  }

  get size(): number {
    return this.hashes.size;
  }

  private toggle(hash: Uint8Array | undefined): void {
    if (!hash) return;
    for (let at = 0; at < SIZE; at++) this.sum[at] = (this.sum[at] ?? 0) ^ (hash[at] ?? 0);
  }
}

function hashOf(key: string, value: Uint8Array): Uint8Array {
  return createHash('sha1').update(key).update('\0').update(value).digest().subarray(0, SIZE);
}
