import type { SectionClass } from '../schema-key.js';

/** What people want to know about a key beyond its kind. */
export interface KeyNote {
  /** What counts when the key is left out, if it can be written down as a value. */
  readonly default?: string | number | boolean;
  /** What counts when the key is left out, in words. */
  readonly otherwise?: string;
  /** The release of the original that brought it, if later than 3.x; `ours` for keys that the original does not have. */
  readonly since?: string;
  /** May be empty for what goes without saying. */
  readonly note: string;
}

/** By section and the YAML name of the key. Inherited keys stand with the section that declares them. */
export type KeyNotes = ReadonlyMap<SectionClass, Readonly<Record<string, KeyNote>>>;
