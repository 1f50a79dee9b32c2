import type {
  FormatterDraft,
  HandlerDraft,
  LevelDraft,
  LogConfigDraft,
  LoggerDraft,
  OptionValue,
} from './log-config-draft.js';
import type { DictPart } from './dict-part.js';
import { openDict } from './dict-part.js';

const KNOWN = [
  'version',
  'formatters',
  'filters',
  'handlers',
  'loggers',
  'root',
  'disable_existing_loggers',
  'incremental',
];

/** Python's `dictConfig` structure in YAML or JSON (spec BUILDER 3.6). @throws LogConfigError */
export function readDictConfig(text: string, file: string): LogConfigDraft {
  const top = openDict(text, file);
  if (!top.has('version')) top.spot.fail(null, 'version is missing; write version: 1');
  if (top.get('version') !== 1) top.spot.fail('version', 'expected 1');
  if (top.flag('incremental', false))
    top.spot.fail('incremental', 'there is nothing yet that could be changed; take it out');
  // Nothing was made before the configuration is read: there are no existing loggers to disable.
  top.flag('disable_existing_loggers', true);
  const root = top.part('root');
  const loggers = new Map<string, LoggerDraft>();
  for (const [name, part] of top.parts('loggers')) loggers.set(name === 'root' ? '' : name, readLogger(part));
  if (root) loggers.set('', readLogger(root));
  return {
    formatters: mapped(top.parts('formatters'), readFormatter),
    filters: mapped(top.parts('filters'), readFilter),
    handlers: mapped(top.parts('handlers'), readHandler),
    loggers,
    warnings: top.keys
      .filter((key) => !KNOWN.includes(key))
      .map((key) => top.spot.tell(key, 'is unknown and has no effect')),
  };
}

function mapped<T>(parts: ReadonlyMap<string, DictPart>, read: (part: DictPart) => T): Map<string, T> {
  return new Map([...parts].map(([name, part]) => [name, read(part)]));
}

function readFormatter(part: DictPart): FormatterDraft {
  return {
    spot: part.spot,
    className: part.text('()') ?? part.text('class') ?? null,
    format: part.text('format') ?? part.text('fmt'),
    datefmt: part.text('datefmt'),
    style: part.text('style') ?? '%',
  };
}

function readFilter(part: DictPart): string {
  if (part.has('()')) part.spot.fail('()', 'filters made by Python code are not supported; give the name of a logger');
  return part.text('name') ?? '';
}

function readHandler(part: DictPart): HandlerDraft {
  if (part.has('()')) part.spot.fail('()', 'handlers made by Python code are not supported; name a class');
  const own = new Set(['class', 'level', 'formatter', 'filters']);
  return {
    spot: part.spot,
    className: part.text('class') ?? part.spot.fail(null, 'class is missing'),
    level: level(part),
    formatter: part.text('formatter') ?? null,
    filters: part.list('filters'),
    positional: [],
    options: new Map(part.keys.filter((key) => !own.has(key)).map((key) => [key, option(part, key)])),
  };
}

function option(part: DictPart, key: string): OptionValue {
  const value = part.get(key);
  if (typeof value === 'string') {
    if (value.startsWith('ext://')) return { python: value.slice('ext://'.length) };
    if (value.startsWith('cfg://')) part.spot.fail(key, 'references to other parts are not supported; write the value');
    return value;
  }
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  return part.spot.fail(key, 'expected a plain value');
}

function readLogger(part: DictPart): LoggerDraft {
  return {
    spot: part.spot,
    level: level(part),
    handlers: part.list('handlers'),
    filters: part.list('filters'),
    propagate: part.flag('propagate', true),
  };
}

function level(part: DictPart): LevelDraft {
  const value = part.get('level') ?? null;
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  return part.spot.fail('level', 'expected the name of a level, like INFO');
}
