/**
 * The kinds of values that keys of the configuration take: which values fit, which pass for the daemons only, and what they
 * become. Faults name types, never values: values may be secrets.
 */
import type { KeyPath } from '../../domain/config/config-problem.js';

export interface ValueFault {
  /** Below the value; empty for the value itself. */
  readonly path: KeyPath;
  readonly message: string;
  /** `strict`: the daemons take the value all the same. `note`: it has a meaning, but hardly the one that was meant. */
  readonly severity: 'error' | 'strict' | 'note';
  readonly hint?: string;
}

/** The part of JSON Schema that we use. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface ValueKind<T> {
  /** As the reference of the configuration calls it. */
  readonly type: string;
  /** For editors: what `check` finds no fault with. */
  readonly schema: JsonSchema;
  check(value: unknown): readonly ValueFault[];
  /** Only for values without faults of severity `error`. */
  convert(value: unknown): T;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'boolean') return 'a boolean';
  if (typeof value === 'number') return 'a number';
  return 'a string';
}

function isScalarValue(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function simpleKind<T>(
  { type, schema }: Pick<ValueKind<T>, 'type' | 'schema'>,
  expected: string,
  fits: (value: unknown) => boolean | 'lenient',
  convert: (value: unknown) => T,
): ValueKind<T> {
  return {
    type,
    schema,
    check: (value) => {
      const verdict = fits(value);
      if (verdict === true) return [];
      const severity = verdict === 'lenient' ? 'strict' : 'error';
      return [{ path: [], message: `expected ${expected}, found ${typeName(value)}`, severity }];
    },
    convert,
  };
}

const asText = (value: unknown): string => (isScalarValue(value) ? String(value) : '');

export const text = simpleKind(
  { type: 'text', schema: { type: 'string' } },
  'str (a string)',
  (value) => typeof value === 'string' || (isScalarValue(value) && 'lenient'),
  asText,
);

/** One of a few words. */
export function oneOf<T extends string>(...words: readonly T[]): ValueKind<T> {
  const named = words.map((word) => `'${word}'`).join(' or ');
  return {
    type: words.map((word) => `\`${word}\``).join(' or '),
    schema: { enum: words },
    check: (value) =>
      words.some((word) => word === value)
        ? []
        : [{ path: [], message: `expected ${named}, found ${typeName(value)}`, severity: 'error' }],
    convert: (value) => value as T,
  };
}

/** `release: 21` means `"21"`. */
export const textOrInteger = simpleKind(
  { type: 'text or integer', schema: { type: ['string', 'integer'] } },
  'str or int (a string or an integer)',
  (value) => typeof value === 'string' || Number.isInteger(value) || (isScalarValue(value) && 'lenient'),
  asText,
);

/** Booleans count as 0 and 1, as in the original's language. */
export const integer = simpleKind(
  { type: 'integer', schema: { type: 'integer' } },
  'int (an integer)',
  (value) => typeof value === 'boolean' || Number.isSafeInteger(value),
  Number,
);

export const port = simpleKind(
  { type: 'port', schema: { type: 'integer', minimum: 0, maximum: 65_535 } },
  'int (a port number from 0 to 65535)',
  (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535,
  Number,
);

/** Whole or not. */
export const amount = simpleKind(
  { type: 'number', schema: { type: 'number' } },
  'float (a number)',
  (value) => typeof value === 'number' && Number.isFinite(value),
  Number,
);

/** Seconds, whole or not. */
export const seconds = simpleKind(
  { type: 'number', schema: { type: 'number', exclusiveMinimum: 0 } },
  'float (a number of seconds above 0)',
  (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
  Number,
);

/** A number or a string that reads as one, 0 or more. */
export const rate = simpleKind(
  {
    type: 'number',
    schema: {
      anyOf: [
        { type: 'number', minimum: 0 },
        { type: 'string', pattern: '^ *\\d*\\.?\\d+ *$' },
      ],
    },
  },
  'float (a number, 0 or more)',
  (value) =>
    (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')) &&
    Number.isFinite(Number(value)) &&
    Number(value) >= 0,
  Number,
);

type Test = (value: unknown) => Pick<ValueFault, 'message' | 'hint'> | undefined;

/** A kind some of whose values can never work: `config-validate` refuses them, the daemons take them as they always did. */
function refined<T>(kind: ValueKind<T>, schema: JsonSchema, test: Test, severity: 'strict' | 'note'): ValueKind<T> {
  return {
    ...kind,
    schema: { ...kind.schema, ...schema },
    check: (value) => {
      const faults = kind.check(value);
      const fault = faults.length === 0 ? test(value) : undefined;
      return fault ? [{ path: [], severity, ...fault }] : faults;
    },
  };
}

function below(minimum: number, hint: string): Test {
  return (value) => (Number(value) < minimum ? { message: `expected ${minimum} or more`, hint } : undefined);
}

/** 0 or more. */
export const count = refined(integer, { minimum: 0 }, below(0, 'give 0 or more, or leave the key out'), 'strict');
/** 1 or more. */
export const positive = refined(integer, { minimum: 1 }, below(1, 'give 1 or more, or leave the key out'), 'strict');
/** A limit; whatever is below 0 acts like 0, and -1 is how that is usually written. */
export const limit = refined(
  integer,
  {},
  (value) =>
    Number(value) < -1
      ? { message: 'expected 0 or more', hint: 'it acts like 0: nothing is launched; leave the key out for no limit' }
      : undefined,
  'note',
);
/** A port to connect to. */
export const remotePort = refined(port, {}, below(1, 'give the port that the machine listens at'), 'strict');

/** What becomes a part of paths in ZooKeeper and of file names. */
export const pathName = refined(
  text,
  {},
  (value) => {
    const problem = pathNameProblem(text.convert(value));
    return problem === null
      ? undefined
      : { message: problem, hint: 'use letters, digits, dashes, dots and underscores' };
  },
  'strict',
);

/** Why something cannot be a part of a path; null if it can. */
export function pathNameProblem(name: string): string | null {
  if (name === '' || name.trim() !== name) return 'a name is not empty and has no blanks around it';
  if (name === '.' || name === '..' || /^\.\.[/\\]/.test(name)) return 'a name is no way to another folder';
  if (name.includes('/')) return 'a name has no slash in it: it becomes a part of paths';

  if (/[\u0000-\u001f\u007f]/.test(name)) return 'a name has no control characters in it';
  return name.length > 200 ? 'a name has 200 characters at most' : null;
}

/** Labels stand in records and tables only. */
export const labelName = refined(
  text,
  {},

  (value) =>
    /^$|[\u0000-\u001f\u007f]/.test(text.convert(value)) ? { message: 'this is no name of a label' } : undefined,
  'strict',
);

/** `host:port`, addresses of web pages and the like in the place of a host. */
export const host = refined(
  text,
  {},
  (value) => {
    const name = text.convert(value);
    if (/^\[?[\da-f:.]+\]?$/i.test(name) && name.includes(':')) return undefined;
    if (name === '' || /[\s/:]/.test(name)) {
      return { message: 'this is no name or address of a host', hint: 'the port has a key of its own' };
    }
    return undefined;
  },
  'strict',
);

export const flag = simpleKind(
  { type: 'boolean', schema: { type: 'boolean' } },
  'bool (true or false)',
  (value) => typeof value === 'boolean' || (typeof value === 'number' && 'lenient'),
  Boolean,
);

function listOf<T>(item: ValueKind<T>): ValueKind<readonly T[]> {
  return {
    type: `list of ${item.type}s`,
    schema: { type: 'array', items: item.schema },
    check: (value) => {
      if (!Array.isArray(value)) {
        return [{ path: [], message: `expected a list, found ${typeName(value)}`, severity: 'error' }];
      }
      return value.flatMap((entry: unknown, index) =>
        item.check(entry).map((fault) => ({ ...fault, path: [index, ...fault.path] })),
      );
    },
    convert: (value) => (value as readonly unknown[]).map((entry) => item.convert(entry)),
  };
}

/** A SHA-256 in hex. Never shown: it may be that of a weak secret. */
export const sha256 = simpleKind(
  { type: 'sha256', schema: { type: 'string', pattern: '^[0-9A-Fa-f]{64}$' } },
  'the SHA-256 of a token, 64 hex digits',
  (value) => typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value),
  (value) => asText(value).toLowerCase(),
);

export const textList = listOf(text);

function mapOf<T>(item: ValueKind<T>, elseEmpty = false): ValueKind<Readonly<Record<string, T>>> {
  return {
    type: item.type === '' ? 'map' : `map of ${item.type}s`,
    schema: { type: 'object', additionalProperties: item.schema },
    check: (value) => {
      if (!isRecord(value)) {
        const severity = elseEmpty ? 'strict' : 'error';
        return [{ path: [], message: `expected a dictionary (a map), found ${typeName(value)}`, severity }];
      }
      return Object.entries(value).flatMap(([key, entry]) =>
        item.check(entry).map((fault) => ({ ...fault, path: [key, ...fault.path] })),
      );
    },
    convert: (value) => {
      if (!isRecord(value)) return {};
      return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, item.convert(entry)]));
    },
  };
}

export const textMap = mapOf(text);

/** What disk-image-create can make. */
const IMAGE_FORMATS = ['aci', 'docker', 'qcow2', 'raw', 'squashfs', 'tar', 'tgz', 'vhd'];

/** A warning only: `dib-cmd` may be something that knows more. */
export const imageFormat = refined(
  text,
  {},
  (value) =>
    IMAGE_FORMATS.includes(text.convert(value))
      ? undefined
      : { message: 'disk-image-create knows no such format', hint: `it knows ${IMAGE_FORMATS.join(', ')}` },
  'note',
);
export const imageFormats = listOf(imageFormat);

/** Anything but a map counts as empty for the daemons, as in 3.x. */
const plainEnvironment = mapOf(text, true);
export const environment = {
  ...plainEnvironment,
  check: (value: unknown): readonly ValueFault[] => [
    ...plainEnvironment.check(value),
    ...Object.keys(isRecord(value) ? value : {})
      .filter((name) => name === '' || name.includes('='))
      .map((name): ValueFault => ({ path: [name], message: 'this is no name of a variable', severity: 'strict' })),
  ],
};
export const integerMap = mapOf(integer);
/** A value that is nobody's business here. */
export const anything: ValueKind<unknown> = { type: '', schema: {}, check: () => [], convert: (value) => value };

export const freeMap = mapOf(anything);
export const freeMaps = listOf(freeMap);

/** One string or a list of them; always a list afterwards. */
function textOrList(split: (value: string) => readonly string[]): ValueKind<readonly string[]> {
  return {
    type: 'text or list of texts',
    schema: { anyOf: [text.schema, textList.schema] },
    check: (value) => (Array.isArray(value) ? textList.check(value) : text.check(value)),
    convert: (value) => (Array.isArray(value) ? textList.convert(value) : split(text.convert(value))),
  };
}

/** `labels: "a b"` means two labels. */
export const words = textOrList((value) => value.split(/\s+/).filter((word) => word !== ''));
export const textOrTexts = textOrList((value) => (value === '' ? [] : [value]));
