/**
 * How a driver reads its own provider sections. Built-in drivers and plug-ins implement the same interface
 * (spec BUILDER 1.5 to 1.10).
 */
import type { ProviderConfig } from './config.js';
import type { KeyPath } from './config-problem.js';

/**
 * - `error`: the configuration cannot be used.
 * - `strict`: an error for `nodepool config-validate`, a warning for the daemons.
 * - `load`: an error for the daemons, a warning for `config-validate`, which may run far from the daemons' clouds and files.
 * - `builder`: like `error`, but only the builder uses the value: for a launcher a warning.
 * - `warning`: always only a warning.
 * - `note`: a warning of `config-validate`, of no interest to daemons.
 */
export type ProblemSeverity = 'error' | 'strict' | 'load' | 'builder' | 'warning' | 'note';

export interface ProblemSink {
  /** `path` is relative to the section. Messages must not contain secrets. */
  report(path: KeyPath, message: string, details?: ProblemDetails): void;
}

export interface ProblemDetails {
  readonly hint?: string;
  /** Default `error`. */
  readonly severity?: ProblemSeverity;
  /** Point at the key instead of its value. */
  readonly at?: 'key' | 'value';
}

/** One entry of `providers`, as parsed from YAML. */
export interface ProviderSection {
  readonly name: string;
  /** The driver that was chosen, by the `driver` key or by the rule for names that start with `fake`. */
  readonly driver: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** Names in the top-level `labels`. */
  readonly labels: ReadonlySet<string>;
  /** Names of buildable images in the top-level `diskimages`. */
  readonly diskImages: ReadonlySet<string>;
  /** Reads the provider's cloud files; only drivers that have such files ask. */
  readonly clouds: CloudFormats;
}

/** What is to be known about clouds when the configuration is read (spec BUILDER 6.1). */
export interface CloudFormats {
  lookUp(cloud: string, region: string | null): CloudLookup;
}

export type CloudLookup =
  | {
      readonly kind: 'found';
      readonly imageFormat: string;
      /** Changes whenever the cloud's settings change; tells nothing about them. */
      readonly fingerprint: string;
      /** What keeps us from speaking with the cloud; each names file, cloud and key. */
      readonly problems: readonly string[];
      /** What works here, or does no harm, and was hardly meant. */
      readonly warnings?: readonly string[];
    }
  | { readonly kind: 'unknown-cloud'; readonly hint: string }
  | { readonly kind: 'unknown-region'; readonly regions: readonly string[] }
  /** The files cannot be read; `problem` names file and place. */
  | { readonly kind: 'unreadable'; readonly problem: string };

export interface DriverSchema {
  /** The value of the `driver` key. */
  readonly driver: string;
  readonly managesImages: boolean;
  /**
   * Reports every problem of the section and answers what could be understood, or undefined if that is not enough to go on.
   * Whether the configuration is refused depends on what was reported alone. Must not throw.
   */
  parse(section: ProviderSection, problems: ProblemSink): ProviderConfig | undefined;
}

/** Where the schemas of drivers come from that are not built in: packages are looked for when a section names them. */
export interface DriverSchemaSource {
  /**
   * @param driver the value of the `driver` key
   * @param module the value of the `module` key: a package, or a path from `folder`
   * @param folder of the configuration file, absolute
   * @param watch is told each file whose change may change the answer
   * Never rejects.
   */
  find(
    driver: string,
    module: string | null,
    folder: string,
    watch: (file: string) => void,
  ): Promise<DriverSchemaFinding>;
}

export type DriverSchemaFinding =
  | { readonly kind: 'found'; readonly schema: DriverSchema }
  /** Nothing of that name is installed, and no `module` was given. */
  | { readonly kind: 'unknown'; readonly searched: string }
  /** Whoever reads the configuration has no use for drivers, or not yet. */
  | { readonly kind: 'not-searched' }
  | { readonly kind: 'unusable'; readonly problem: string; readonly hint: string };
