import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers';
import { connect as connectTls } from 'node:tls';
import type { ServerAddress } from '../servers.js';
import type { TlsTrust } from '../tls-trust.js';
import type { Dial, Transport, TransportEvents } from './transport.js';

/** Streams over TCP, and over TLS where certificates are given. */
export function dialSockets(trust: TlsTrust | null): Dial {
  return (server, events) =>
    new SocketTransport(openSocket(server, trust), trust ? 'secureConnect' : 'connect', events);
}

function openSocket(server: ServerAddress, trust: TlsTrust | null): Socket {
  if (!trust) return connectTcp({ host: server.host, port: server.port });
  return connectTls(trust.options(server)).once('error', (error: Error) => trust.failed(server, error));
}

/** Frames of one turn of the event loop leave with one write. */
class SocketTransport implements Transport {
  private waiting: Buffer[] = [];
  private over = false;

  constructor(
    private readonly socket: Socket,
    opened: 'connect' | 'secureConnect',
    private readonly events: TransportEvents,
  ) {
    socket.setNoDelay(true);
    let problem: Error | undefined;
    socket.once(opened, () => !this.over && events.onOpen());
    socket.on('data', (data: Buffer) => !this.over && events.onData(data));
    socket.on('error', (error: Error) => (problem = error));
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.end(problem ?? new Error('the server closed the connection')));
  }

  write(frame: Buffer): void {
    if (this.over) return;
    this.waiting.push(frame);
    if (this.waiting.length === 1) setImmediate(() => this.flush());
  }

  destroy(): void {
    this.over = true;
    this.waiting = [];
    this.socket.destroy();
  }

  private flush(): void {
    const { waiting } = this;
    this.waiting = [];
    if (this.over || waiting.length === 0) return;
    this.socket.write(waiting.length === 1 ? (waiting[0] as Buffer) : Buffer.concat(waiting));
  }

  private end(reason: Error): void {
    if (this.over) return;
    this.over = true;
    this.events.onClosed(reason);
  }
}
