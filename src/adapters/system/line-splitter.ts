import { StringDecoder } from 'node:string_decoder';

/** Cuts a stream of bytes into lines. */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  /** @param longest characters of a line; what to do with a longer one is for `onTooLong`, which gets its beginning once */
  constructor(
    private readonly longest: number,
    private readonly onLine: (line: string) => void,
    private readonly onTooLong: (start: string) => void,
  ) {}

  push(chunk: Uint8Array): void {
    const pieces = this.decoder.write(Buffer.from(chunk)).split('\n');
    pieces[0] = this.rest + (pieces[0] ?? '');
    this.rest = pieces.pop() ?? '';
    for (const line of pieces) this.deliver(line);
    if (this.rest.length > this.longest) {
      this.onTooLong(this.rest.slice(0, this.longest));
      this.rest = '';
    }
  }

  end(): void {
    if (this.rest !== '') this.deliver(this.rest);
    this.rest = '';
  }

  private deliver(line: string): void {
    if (line.length > this.longest) this.onTooLong(line.slice(0, this.longest));
    else this.onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}
