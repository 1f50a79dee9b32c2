/**
 * Metrics as statsd understands them. Fire and forget: no call throws, blocks or rejects. Names are complete dotted keys,
 * made by `domain/metrics`.
 */
export interface Metrics {
  /** Adds to a counter. */
  count(name: string, amount?: number): void;
  /** Sets a gauge. Infinite and NaN values are dropped. */
  gauge(name: string, value: number): void;
  /** A duration in seconds (sent in milliseconds). */
  timing(name: string, seconds: number): void;
}

/** All metrics as text, for a collector that comes for them. */
export interface MetricsPage {
  readonly contentType: string;
  /** Never rejects. */
  read(): Promise<string>;
}
