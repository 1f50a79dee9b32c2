/**
 * The keys a driver adds to the sections of its providers, as values: what a key takes, its default, and what it is for. Nodepool
 * reads the sections after it and words the problems like those of its own keys (line, key, hint); a driver gets finished values.
 */
export type KeyKind =
  | 'text'
  | 'integer'
  | 'number'
  | 'flag'
  | 'port'
  /** A number above 0. */
  | 'seconds'
  | 'text-list'
  | 'text-map'
  | 'integer-map'
  /** A map that is handed on as it is. */
  | 'map'
  /** A list of such maps (since 1.2). */
  | 'map-list';

export interface KeyDescription {
  readonly kind: KeyKind;
  /** What it is for: one sentence, shown where the key is missing. */
  readonly about: string;
  /** Refuse a section without it. Default false. */
  readonly required?: boolean;
  /** What a section without the key gets; without a default the value is absent. */
  readonly default?: unknown;
  /** Never shown: values are cut out of whatever the driver logs or says in its errors. */
  readonly secret?: boolean;
  /** The only values there are; for `text`. */
  readonly choices?: readonly string[];
  /** For `integer` and `number`. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of labels, kind `text-map`: the driver's name for that key; its entries are in `InstanceSpec.metadata`, filled in (since 1.2). */
  readonly as?: 'instance-properties' | 'dynamic-instance-properties';
}

/** A limit of a pool. */
export type PoolLimitKey = 'max-servers' | 'max-cores' | 'max-ram' | 'max-resources';

export interface SectionProblem {
  /** The key it is about. */
  readonly key: string;
  /** Never a value: it may be a secret. */
  readonly problem: string;
  /** What to do about it: the hint. The name is older than that word, and drivers know it. */
  readonly mend?: string;
}

/** What is wrong with keys together. Given the described keys that stand in the section, without defaults. Pure. */
export type SectionCheck = (values: Readonly<Record<string, unknown>>) => readonly SectionProblem[];

/** By the key's YAML name: lower-case letters, digits and dashes. Keys that all providers have cannot be described again. */
export type SectionDescription = Readonly<Record<string, KeyDescription>>;

export interface DriverConfigSchema {
  /** Values are in `ProviderConfig.settings`. */
  readonly provider?: SectionDescription;
  /** Values are in `PoolConfig.settings`. */
  readonly pool?: SectionDescription;
  /** Values are in `PoolLabelConfig.settings`. */
  readonly label?: SectionDescription;
  /** What a pool that is silent about a limit takes over: keys of the provider, the first that is there; maps are merged (since 1.2). */
  readonly poolDefaults?: Readonly<Partial<Record<PoolLimitKey, readonly string[]>>>;
  readonly checks?: {
    readonly provider?: SectionCheck;
    readonly pool?: SectionCheck;
    readonly label?: SectionCheck;
  };
}

/** The values of secret keys anywhere in a provider's configuration, longest first; those of less than four characters cannot be told apart from other text. */
export function secretValues(
  schema: DriverConfigSchema,
  sections: {
    readonly provider: Readonly<Record<string, unknown>>;
    readonly pools: readonly Readonly<Record<string, unknown>>[];
    readonly labels: readonly Readonly<Record<string, unknown>>[];
  },
): readonly string[] {
  const found = new Set<string>();
  const gather = (value: unknown): void => {
    if (typeof value === 'string' || typeof value === 'number') {
      if (String(value).length >= 4) found.add(String(value));
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(gather);
  };
  const gatherSecrets = (
    description: SectionDescription | undefined,
    values: Readonly<Record<string, unknown>>,
  ): void => {
    for (const [key, { secret }] of Object.entries(description ?? {})) if (secret) gather(values[key]);
  };
  gatherSecrets(schema.provider, sections.provider);
  for (const pool of sections.pools) gatherSecrets(schema.pool, pool);
  for (const label of sections.labels) gatherSecrets(schema.label, label);
  return [...found].sort((a, b) => b.length - a.length);
}
