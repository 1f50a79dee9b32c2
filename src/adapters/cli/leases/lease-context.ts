import type { Clock } from '../../../ports/runtime/clock.js';
import type { LeaseDesk, LeaseNews } from '../../../ports/lease-client/lease-desk.js';
import type { TextSink } from '../session.js';

/** What a subcommand about leases may use. */
export interface LeaseContext {
  readonly desk: LeaseDesk;
  readonly news: LeaseNews;
  /** The value of an option or argument, if it was given. */
  readonly optional: (name: string) => string | undefined;
  /** All values of an option or argument that takes several. */
  readonly all: (name: string) => readonly string[];
  readonly given: (flag: string) => boolean;
  /** A line on the standard output. */
  readonly print: (line: string) => void;
  readonly stdout: TextSink;
  readonly clock: Clock;
  readonly now: number;
  readonly colours: boolean;
  /** Seconds that the operator lets the gateway be away; null: nothing was said. */
  readonly patience: number | null;
}

/** Answers the exit status. */
export type LeaseSubcommand = (context: LeaseContext) => Promise<number>;
