/** A command line described as values: what the parser is made from and what the help is written from. */
export interface OptionSpec {
  readonly flag: string;
  /** What stands for the value in the help; absent for a switch. */
  readonly metavar?: string;
  readonly help?: string;
  readonly required?: boolean;
  /**
   * Not in the original. Such options are left out of the usage and stand in a section of their own after all else that the help says, so
   * that what the original prints is unchanged up to there.
   */
  readonly additional?: boolean;
  /** What the value must be, if not just any text. */
  readonly value?: ValueSpec;
  /** May be given several times; the parser answers all values. */
  readonly repeatable?: boolean;
}

export type ValueSpec =
  | { readonly kind: 'choice'; readonly of: readonly string[] }
  /** Some of these, with commas between them. `headings`: how each of them may be called instead, in the same order. */
  | { readonly kind: 'choices'; readonly of: readonly string[]; readonly headings?: readonly string[] }
  | { readonly kind: 'name'; readonly of: NameKind }
  /** A number, 0 or more. */
  | { readonly kind: 'seconds' }
  /** A whole number within these. */
  | { readonly kind: 'whole'; readonly least: number; readonly most: number }
  /** What is to be supposed: `key=value` with one of these keys. */
  | { readonly kind: 'change'; readonly of: readonly string[] }
  | { readonly kind: 'file' };

/** Shells whose command lines can be completed. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Names that the configuration has. */
export const NAME_KINDS = ['images', 'labels', 'providers'] as const;
export type NameKind = (typeof NAME_KINDS)[number];

export interface ArgumentSpec {
  /** As `parseArguments` answers it. */
  readonly name: string;
  /** As the help shows it, if not by name. */
  readonly metavar?: string;
  readonly help: string;
  readonly optional?: boolean;
  /** May be left out only together with the argument before it. */
  readonly goesWith?: boolean;
  /** The only values there are. */
  readonly choices?: readonly string[];
  readonly file?: boolean;
  /** It is most likely one of these names: of the one kind, or of the kind that belongs to the argument before it. */
  readonly names?: NameKind | Readonly<Record<string, NameKind>>;
  /** Takes all words that are left, one at least; the parser answers a list. Only the last one may. */
  readonly many?: boolean;
}

export interface CommandSpec {
  readonly name: string;
  /** In the list of commands. */
  readonly help: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** Words after `--`, one at least, which are somebody else's command line; the parser answers a list. */
  readonly trailing?: ArgumentSpec;
  /** The exit status when the command line cannot be understood; default 2. */
  readonly usageStatus?: number;
  /**
   * Not in the original. Such commands stand in a section of their own after all else that the help says, so that what the
   * original prints is unchanged up to there.
   */
  readonly additional?: boolean;
}

export interface ProgramSpec {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionSpec[];
  readonly commands: readonly CommandSpec[];
}

export const HELP_OPTION: OptionSpec = { flag: '-h, --help', help: 'show this help message and exit' };
export const VERSION_OPTION: OptionSpec = { flag: '--version', help: 'show nodepool version' };

/** `-h` of `-h, --help`. */
export function firstFlag(option: OptionSpec): string {
  return option.flag.split(', ')[0] ?? option.flag;
}
