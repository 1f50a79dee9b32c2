import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/**
 * The network between one daemon and ZooKeeper. While it is silent nothing gets through and nobody is told: connections stay open, what
 * is sent is lost. Connections that were there then stay dead when it is well again; only new ones get through.
 */
export class HalfOpenLink {
  private readonly sockets = new Set<Socket>();
  private generation = 0;
  private silent = false;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (near) => this.join(near));
  }

  static async open(target: number): Promise<HalfOpenLink> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new HalfOpenLink(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends of connections that it has, dead ones too. */
  get ends(): number {
    return this.sockets.size;
  }

  fallSilent(): void {
    this.silent = true;
    this.generation += 1;
  }

  heal(): void {
    this.silent = false;
    this.generation += 1;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private join(near: Socket): void {
    this.keep(near);
    if (this.silent) return void near.resume();
    const { generation } = this;
    const far = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    this.keep(far);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('data', (data) => this.generation === generation && other.write(data));
      one.on('close', () => this.generation === generation && other.destroy());
    }
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
  }
}
