import { lookup } from 'node:dns/promises';
import { createRequire } from 'node:module';
import type * as hotShots from 'hot-shots';
import type { StatsD } from 'hot-shots';
import type { Metrics } from '../../ports/telemetry/metrics.js';

export interface StatsdOptions {
  readonly host: string;
  readonly port: number;
  /** Seconds that lines may wait for others to share a datagram with; default 0.5. */
  readonly flushInterval?: number;
  /** Told once, with the system's code, when the host cannot be resolved, and again only after it could be. */
  readonly unresolved?: (code: string) => void;
}

const require = createRequire(import.meta.url);

/** Datagrams stay below 512 bytes. */
const LARGEST_BATCH = 511;

/** Timings go as text to keep their six decimals: the client puts values into lines as they are. */
interface TextualClient {
  timing(name: string, milliseconds: string): void;
}

/**
 * Sends metrics to a statsd server as plain statsd: UDP over IPv4, no prefix, no sampling, no tags, errors ignored (spec BUILDER 5).
 * The server's name is resolved once.
 */
export class StatsdMetrics implements Metrics {
  private readonly client: StatsD;
  private closing: Promise<void> | null = null;

  constructor(options: StatsdOptions) {
    // Loaded by those who send: 11 MB.
    const { StatsD: Client } = require('hot-shots') as typeof hotShots;
    this.client = new Client({
      host: options.host,
      port: options.port,
      protocol: 'udp',
      maxBufferSize: LARGEST_BATCH,
      bufferFlushInterval: (options.flushInterval ?? 0.5) * 1000,
      // The library would add what it finds in the environment of Datadog's agent.
      datadog: false,
      includeDataDogTags: false,
      originDetection: false,
      udpSocketOptions: { type: 'udp4', lookup: lookupOnce(options.host, options.unresolved) },
      errorHandler: () => undefined,
    });
  }

  count(name: string, amount = 1): void {
    if (this.sends(amount)) this.client.increment(clean(name), amount);
  }

  gauge(name: string, value: number): void {
    if (!this.sends(value)) return;
    // A sign would make it a change of the old value.
    if (value < 0) this.client.gauge(clean(name), 0);
    this.client.gauge(clean(name), value);
  }

  timing(name: string, seconds: number): void {
    if (!this.sends(seconds)) return;
    (this.client as unknown as TextualClient).timing(clean(name), (seconds * 1000).toFixed(6));
  }

  /** Sends what is left. Idempotent; never rejects; takes less than a second. */
  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => this.client.close(() => resolve()));
    return this.closing;
  }

  private sends(value: number): boolean {
    return this.closing === null && Number.isFinite(value);
  }
}

/** Names come from configuration files: what has a meaning in a line must not come through. */
function clean(name: string): string {
  return name.replace(/[:|@#,\s]/g, '_');
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

/** Resolves on the first use, and again only until it has worked once. Answers come in the order of the questions. */
function lookupOnce(
  host: string,
  unresolved: (code: string) => void = () => undefined,
): (hostname: string, options: unknown, callback: LookupCallback) => void {
  let answer: Promise<string> | null = null;
  let told = false;
  return (hostname, _options, callback) => {
    // Asked for the local address too, when the socket is bound.
    if (hostname !== host) return callback(null, hostname, 4);
    answer ??= lookup(host, { family: 4 }).then(
      ({ address }) => address,
      (error: unknown) => {
        answer = null;
        if (!told) unresolved((error as NodeJS.ErrnoException).code ?? 'unknown');
        told = true;
        throw error;
      },
    );
    answer.then(
      (address) => callback(null, address, 4),
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 4),
    );
  };
}
