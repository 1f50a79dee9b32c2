/** Machines of the static driver (spec BUILDER 1.7). */
import type { PoolConfig } from './config.js';

export interface StaticNodeConfig {
  /** Host name or address. With the port it identifies the machine. */
  readonly name: string;
  readonly labels: readonly string[];
  /** Seconds to wait for the machine to answer. */
  readonly timeout: number;
  readonly connectionPort: number;
  readonly connectionType: string;
  readonly username: string;
  /** `"<type> <base64>"`; empty = any key is accepted. */
  readonly hostKeys: readonly string[];
  /** Number of slots. */
  readonly maxParallelJobs: number;
  readonly hostKeyChecking: boolean;
  readonly pythonPath: string;
  readonly shellType: string | null;
}

export type StaticPoolSettings = {
  readonly nodes: readonly StaticNodeConfig[];
};

/** Valid for pools that the static schema has read. */
export function staticNodes(pool: PoolConfig): readonly StaticNodeConfig[] {
  return (pool.settings as StaticPoolSettings).nodes;
}
