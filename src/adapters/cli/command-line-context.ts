import type { Readable } from 'node:stream';
import type { Clock } from '../../ports/runtime/clock.js';
import type { LeaseTools } from './leases/lease-tools.js';
import type { ConfiguredNames, DriverTools, Initialize, OpenSession, TextSink, ValidateConfig } from './session.js';
import type { StoreTool } from './store-tool.js';

/** What the program `nodepool` is given. */
export interface CommandLineContext {
  readonly open: OpenSession;
  readonly validate: ValidateConfig;
  readonly names: ConfiguredNames;
  readonly drivers: DriverTools;
  readonly init: Initialize;
  readonly store: StoreTool;
  readonly leases: LeaseTools;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Read only when a question is asked. */
  readonly stdin: Readable;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string>>;
  readonly version: string;
}
