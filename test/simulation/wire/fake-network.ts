import type { Random } from '../../../src/ports/runtime/random.js';
import type { Clock } from '../../../src/ports/runtime/clock.js';
import type { Dial, Transport, TransportEvents } from '../../../src/adapters/zookeeper/wire/transport.js';
import type { FakeServer, ServerConnection } from './fake-server.js';

/** What the network does to the bytes; TCP loses none and keeps their order, or the connection ends. */
export interface Weather {
  /** Longest delay of a piece, seconds. */
  delay: number;
  /** Likelihood that a piece is cut in two. */
  split: number;
  /** Likelihood that two pieces come as one. */
  join: number;
}

interface Pipe {
  queue: { readonly bytes: Buffer; due: number }[];
  running: boolean;
}

/** All connections between the client and the server. */
export class FakeNetwork {
  readonly weather: Weather = { delay: 0.01, split: 0.3, join: 0.3 };
  /** New connections are refused. */
  refusing = false;
  /** Nothing gets through, nobody is told. */
  silent = false;
  readonly links = new Set<Link>();

  constructor(
    readonly server: FakeServer,
    readonly clock: Clock,
    readonly random: Random,
  ) {}

  readonly dial: Dial = (_server, events) => {
    const link = new Link(this, events);
    this.links.add(link);
    link.open();
    return link;
  };

  /** Ends all connections, after as many of the bytes under way as chance will have it. */
  cut(): void {
    for (const link of [...this.links]) link.cut();
  }
}

export class Link implements Transport {
  private readonly up: Pipe = { queue: [], running: false };
  private readonly down: Pipe = { queue: [], running: false };
  private connection: ServerConnection | undefined;
  private over = false;

  constructor(
    private readonly network: FakeNetwork,
    private readonly events: TransportEvents,
  ) {}

  open(): void {
    this.after(this.lag(), () => {
      if (this.network.refusing) return this.end(new Error('connection refused'));
      this.connection = this.network.server.connect({
        send: (bytes) => this.put(this.down, bytes, (piece) => this.events.onData(piece)),
        hangUp: () => this.after(this.lag(), () => this.end(new Error('the server hung up'))),
      });
      this.events.onOpen();
    });
  }

  write(frame: Buffer): void {
    if (!this.over) this.put(this.up, Buffer.from(frame), (piece) => this.connection?.receive(piece));
  }

  destroy(): void {
    this.over = true;
    this.leave();
  }

  cut(): void {
    // What is on the way may still arrive, up to any byte.
    const { random } = this.network;
    const piece = this.up.queue[0];
    if (piece && random.next() < 0.5)
      this.connection?.receive(piece.bytes.subarray(0, Math.floor(random.next() * piece.bytes.length)));
    const answer = this.down.queue[0];
    if (answer && random.next() < 0.5 && !this.over) {
      this.events.onData(answer.bytes.subarray(0, Math.floor(random.next() * answer.bytes.length)));
    }
    this.end(new Error('the connection was cut'));
  }

  /** The client hears what is no message. */
  garble(): void {
    if (this.over) return;
    const noise = Buffer.from(Array.from({ length: 24 }, () => Math.floor(this.network.random.next() * 256)));
    this.events.onData(noise);
  }

  private put(pipe: Pipe, bytes: Buffer, deliver: (piece: Buffer) => void): void {
    const { weather, random, clock } = this.network;
    const last = pipe.queue.at(-1);
    if (last && random.next() < weather.join) {
      pipe.queue[pipe.queue.length - 1] = { ...last, bytes: Buffer.concat([last.bytes, bytes]) };
      return;
    }
    const pieces = [bytes];
    if (bytes.length > 1 && random.next() < weather.split) {
      const at = 1 + Math.floor(random.next() * (bytes.length - 1));
      pieces.splice(0, 1, bytes.subarray(0, at), bytes.subarray(at));
    }
    let due = Math.max(clock.monotonic(), last?.due ?? 0);
    for (const piece of pieces) {
      due += this.lag();
      pipe.queue.push({ bytes: piece, due });
    }
    if (!pipe.running) this.pump(pipe, deliver);
  }

  private pump(pipe: Pipe, deliver: (piece: Buffer) => void): void {
    const next = pipe.queue[0];
    pipe.running = next !== undefined && !this.over;
    if (!next || this.over) return;
    const { clock } = this.network;
    this.after(Math.max(0, next.due - clock.monotonic()), () => {
      if (this.over) return;
      if (this.network.silent) {
        const first = pipe.queue[0];
        if (first) first.due = clock.monotonic() + 0.1;
        return this.pump(pipe, deliver);
      }
      // Others may have been joined to it meanwhile.
      const piece = pipe.queue.shift();
      if (piece) deliver(piece.bytes);
      this.pump(pipe, deliver);
    });
  }

  private end(reason: Error): void {
    if (this.over) return;
    this.over = true;
    this.leave();
    this.events.onClosed(reason);
  }

  private leave(): void {
    this.connection?.close();
    this.network.links.delete(this);
  }

  private lag(): number {
    return this.network.random.next() * this.network.weather.delay;
  }

  private after(seconds: number, work: () => void): void {
    this.network.clock.schedule(seconds, work);
  }
}
