import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { sessionOf } from './session-end.js';
import type { SessionKey } from './session-end.js';

const OPERATIONS = { create: 1, remove: 2, write: 5 } as const;
export type LosableCall = keyof typeof OPERATIONS;

/** A network between one ZooKeeper client and its server that can be cut, and that loses answers on demand. */
export class FlakyProxy {
  /** Of the client's present session. */
  session: SessionKey | undefined;
  private readonly sockets = new Set<Socket>();
  private readonly toLose: number[] = [];
  /** While the network is cut: connections that wait for it. */
  private held: Set<Socket> | undefined;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly target: number,
  ) {
    server.on('connection', (near) => this.join(near));
  }

  static open(target: number): Promise<FlakyProxy> {
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true });
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        const port = typeof address === 'object' && address ? address.port : 0;
        resolve(new FlakyProxy(server, port, target));
      });
    });
  }

  get isCut(): boolean {
    return this.held !== undefined;
  }

  /** Breaks the connections; new ones are taken but hear nothing. */
  cut(): void {
    this.held ??= new Set();
    this.drop();
  }

  restore(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const near of held) if (!near.destroyed) this.join(near);
  }

  /** Breaks the connections; new ones are let through. */
  drop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  loseNextReply(call: LosableCall): void {
    this.toLose.push(OPERATIONS[call]);
  }

  close(): Promise<void> {
    this.drop();
    for (const near of this.held ?? []) near.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private join(near: Socket): void {
    if (this.held) {
      this.held.add(near);
      near.on('error', () => undefined);
      return;
    }
    const far = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    this.sockets.add(near).add(far);
    let lost: number | undefined;
    let greeted = false;
    const requests = new Frames((body) => {
      const at = body.length < 8 ? -1 : this.toLose.indexOf(body.readInt32BE(4));
      if (!greeted || at < 0 || lost !== undefined) return;
      this.toLose.splice(at, 1);
      lost = body.readInt32BE(0);
    });
    const answers = new Frames((body) => {
      if (!greeted) this.session = sessionOf(body) ?? this.session;
      else if (lost !== undefined && body.readInt32BE(0) === lost) near.destroy();
      greeted = true;
    });
    near.on('data', (data) => {
      requests.add(data);
      far.write(data);
    });
    far.on('data', (data) => {
      answers.add(data);
      if (lost === undefined) near.write(data);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => {
        this.sockets.delete(one);
        other.end();
      });
    }
  }
}

/** Cuts a stream into messages that follow their length. */
class Frames {
  private rest = Buffer.alloc(0);

  constructor(private readonly onMessage: (body: Buffer) => void) {}

  add(data: Buffer): void {
    this.rest = Buffer.concat([this.rest, data]);
    while (this.rest.length >= 4) {
      const end = 4 + this.rest.readInt32BE(0);
      if (this.rest.length < end) return;
      const body = this.rest.subarray(4, end);
      this.rest = this.rest.subarray(end);
      this.onMessage(body);
    }
  }
}
