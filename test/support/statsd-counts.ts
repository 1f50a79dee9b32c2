import { createSocket } from 'node:dgram';

/** A statsd server that adds up counters. */
export class StatsdCounts {
  private readonly counts = new Map<string, number>();
  private readonly socket = createSocket('udp4');

  private constructor() {
    this.socket.on('message', (message) => {
      for (const line of message.toString().split('\n')) {
        const [, name, amount] = /^([^:]+):(-?[\d.]+)\|c/.exec(line) ?? [];
        if (name) this.counts.set(name, (this.counts.get(name) ?? 0) + Number(amount));
      }
    });
  }

  static async start(): Promise<StatsdCounts> {
    const server = new StatsdCounts();
    await new Promise<void>((resolve) => server.socket.bind(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Counters whose name begins so, by the rest of the name. */
  below(prefix: string): ReadonlyMap<string, number> {
    const entries = [...this.counts].filter(([name]) => name.startsWith(prefix));
    return new Map(entries.map(([name, count]) => [name.slice(prefix.length), count]));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }
}
