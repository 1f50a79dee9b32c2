import type { Commands } from '../../ports/administration/commands.js';
import type { Inquiries } from '../../ports/administration/explanations.js';
import type { OrderProgress } from '../../ports/administration/order-progress.js';
import type { AlienImages, Queries } from '../../ports/administration/queries.js';
import type { NameKind } from './program-spec.js';
import type { MirrorName } from '../../ports/records/records.js';

/** The options that stand before the subcommand, defaults filled in. */
export interface CommonOptions {
  readonly configPath: string;
  readonly securePath: string | null;
  readonly logConfigPath: string | null;
  readonly debug: boolean;
  /** Seconds that connecting may take; Infinity: for ever. */
  readonly connectTimeout: number;
  /** Where to ask, as `--url` or `NODEPOOL_URL` has it; with one no configuration is read. Null: none was given. */
  readonly url: string | null;
}

/** A connected Nodepool. */
export interface Session {
  readonly queries: Queries;
  readonly aliens: AlienImages;
  readonly commands: Commands;
  readonly inquiries: Inquiries;
  readonly progress: OrderProgress;
  /** Ends the connection. Never rejects. */
  close(): Promise<void>;
}

/**
 * Loads the configuration, connects and opens the mirrors named, so that the session's queries answer from them at once. What only
 * reads may do so from the store itself where the daemon that has it is down.
 * @throws when the configuration cannot be loaded, or the store cannot be reached in time
 */
export type OpenSession = (
  options: CommonOptions,
  mirrors: readonly MirrorName[],
  purpose: 'read' | 'order',
) => Promise<Session>;

/** What was found in a configuration file, one line each. It is valid if there are no errors. */
export interface ConfigFindings {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** Checks a configuration file, together with the secure one if there is one. @throws when the file cannot be read */
export type ValidateConfig = (configPath: string, securePath: string | null) => Promise<ConfigFindings>;

/** Names that the configuration has, sorted. @throws when the configuration cannot be loaded */
export type ConfiguredNames = (
  kind: NameKind,
  configPath: string,
  securePath: string | null,
) => Promise<readonly string[]>;

/** What is to be known about drivers; needs no session. */
export interface DriverTools {
  /** Lines about the drivers that are installed. @param configPath drivers beside it count as well */
  list(configPath: string): Promise<readonly string[]>;
  /** Checks a driver, printing line by line; answers whether it keeps the contract. @throws Error saying what is missing */
  test(order: DriverTestOrder, print: (line: string) => void): Promise<boolean>;
}

export interface DriverTestOrder {
  readonly module: string;
  readonly configPath: string;
  readonly provider: string | undefined;
  readonly bench: string | undefined;
  readonly only: readonly string[];
}

/** Where texts go. */
export interface TextSink {
  write(text: string): unknown;
  /** Somebody looks at it. */
  readonly isTTY?: boolean | undefined;
  /** The width of a terminal. */
  readonly columns?: number | undefined;
}

export interface InitOrder {
  /** The driver to write a configuration for; undefined = the best of what is here. */
  readonly kind: string | undefined;
  /** Undefined = nodepool.yaml in the current folder. */
  readonly configPath: string | undefined;
  /** Undefined = secure.yaml beside the configuration. */
  readonly securePath: string | undefined;
}

/** Writes a first configuration. @throws Error saying why nothing was written */
export type Initialize = (order: InitOrder, print: (line: string) => void) => Promise<void>;
