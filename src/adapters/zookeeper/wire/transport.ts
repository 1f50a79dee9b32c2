/** One stream of bytes to one server. */
export interface Transport {
  /** Takes the bytes; those of one turn of the event loop may leave together. Never throws: trouble is told by `onClosed`. */
  write(frame: Buffer): void;
  /** Ends it at once, without a word to the server; `onClosed` is not called any more. Idempotent. */
  destroy(): void;
}

/** Called from turns of the event loop in which nobody of ours is calling. */
export interface TransportEvents {
  onOpen(): void;
  onData(data: Buffer): void;
  /** Once: it could not be opened, or has ended. */
  onClosed(reason: Error): void;
}

/** Begins to connect. */
export type Dial = (server: { readonly host: string; readonly port: number }, events: TransportEvents) => Transport;
