import type { Readable } from 'node:stream';
import type { MirrorName } from '../../ports/records/records.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Session, TextSink } from './session.js';

/** What a subcommand may use. */
export interface SubcommandContext extends Session {
  /** The value of an argument or option that the parser demands. */
  readonly value: (name: string) => string;
  /** The value of an option or argument, if it was given. */
  readonly optional: (name: string) => string | undefined;
  /** All values of an option that may be repeated. */
  readonly all: (flag: string) => readonly string[];
  readonly given: (flag: string) => boolean;
  /** A line on the standard output. */
  readonly print: (line: string) => void;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly stdin: Readable;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string>>;
  /** The standard output is a terminal that can show them. */
  readonly colours: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface Subcommand {
  /** The mirrors that its questions are answered from. */
  readonly mirrors: readonly MirrorName[];
  /** Further ones that an order is followed in, with `--wait`. */
  readonly followedIn?: readonly MirrorName[];
  /** What cannot be done for want of sense is printed; what fails throws. */
  run(context: SubcommandContext): Promise<void> | void;
}
