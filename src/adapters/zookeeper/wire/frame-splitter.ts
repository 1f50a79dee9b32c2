import { MalformedMessageError } from './jute-reader.js';

/** The longest frame taken: a list of a folder may be much longer than a record. */
const LONGEST = 128 * 1024 * 1024;

/** Cuts what comes over a connection into frames, in whatever pieces it comes. */
export class FrameSplitter {
  private pieces: Buffer[] = [];
  private held = 0;
  /** Bytes of the next frame, its length included; 0 = not known yet. */
  private wanted = 0;

  /** Part of a frame has come. */
  get halfway(): boolean {
    return this.held > 0;
  }

  /** Calls `onFrame` with each frame that is complete, without its length. @throws MalformedMessageError for a senseless length */
  add(data: Buffer, onFrame: (frame: Buffer) => void): void {
    this.pieces.push(data);
    this.held += data.length;
    while (this.held >= 4) {
      if (this.wanted === 0) this.wanted = 4 + lengthAt(this.joined(4));
      if (this.held < this.wanted) return;
      const all = this.joined(this.wanted);
      const end = this.wanted;
      this.pieces = all.length > end ? [all.subarray(end), ...this.pieces.slice(1)] : this.pieces.slice(1);
      this.held -= end;
      this.wanted = 0;
      onFrame(all.subarray(4, end));
    }
  }

  /** The first piece, made at least as long as asked for by joining it with those behind it. */
  private joined(bytes: number): Buffer {
    const first = this.pieces[0];
    if (first && first.length >= bytes) return first;
    const all = Buffer.concat(this.pieces);
    this.pieces = [all];
    return all;
  }
}

function lengthAt(buffer: Buffer): number {
  const length = buffer.readInt32BE(0);
  if (length < 0 || length > LONGEST) throw new MalformedMessageError(`a frame of ${length} bytes`);
  return length;
}
