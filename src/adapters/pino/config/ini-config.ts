import type {
  FormatterDraft,
  HandlerDraft,
  LevelDraft,
  LogConfigDraft,
  LoggerDraft,
  OptionValue,
} from './log-config-draft.js';
import type { Spot } from './log-config-error.js';
import { spotIn } from './log-config-error.js';
import type { IniSection } from './ini-document.js';
import { parseIni } from './ini-document.js';
import { LiteralError, parseLiteral } from './python-literal.js';

/** Python's `fileConfig` format (spec BUILDER 3.6). @throws LogConfigError */
export function readIniConfig(text: string, file: string): LogConfigDraft {
  const sections = parseIni(text, file);
  const whole = spotIn(file, '', () => 1);
  const names = (list: string): readonly string[] => {
    const section = sections.get(list);
    if (!section) return whole.fail(null, `section [${list}] is missing; it lists names: keys=a,b`);
    return listOf(section.get('keys') ?? section.spot.fail(null, 'keys is missing'));
  };
  const each = <T>(list: string, prefix: string, read: (section: IniSection) => T): Map<string, T> =>
    new Map(
      names(list).map((name) => {
        const section = sections.get(`${prefix}_${name}`);
        if (section) return [name, read(section)];
        return (
          sections.get(list)?.spot.fail('keys', `section [${prefix}_${name}] is missing`) ?? whole.fail(null, name)
        );
      }),
    );
  const formatters = each('formatters', 'formatter', readFormatter);
  const handlers = each('handlers', 'handler', readHandler);
  const loggers = new Map<string, LoggerDraft>();
  const keys = names('loggers');
  if (!keys.includes('root')) sections.get('loggers')?.spot.fail('keys', 'root has to be among them');
  for (const [key, section] of each('loggers', 'logger', (found) => found)) {
    loggers.set(key === 'root' ? '' : qualifiedName(section), readLogger(section));
  }
  return { formatters, filters: new Map(), handlers, loggers, warnings: [] };
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function readFormatter(section: IniSection): FormatterDraft {
  return {
    spot: section.spot,
    className: section.get('class') ?? null,
    format: section.raw('format'),
    datefmt: section.raw('datefmt'),
    style: section.raw('style') ?? '%',
  };
}

function readHandler(section: IniSection): HandlerDraft {
  const { spot } = section;
  const args = literal(spot, 'args', section.get('args') ?? '()');
  const kwargs = literal(spot, 'kwargs', section.get('kwargs') ?? '{}');
  if (typeof kwargs !== 'object' || kwargs === null || !('dictionary' in kwargs)) {
    return spot.fail('kwargs', "expected a dictionary, like {'maxBytes': 1000000}");
  }
  return {
    spot,
    className: section.get('class') ?? spot.fail(null, 'class is missing'),
    level: level(section.get('level')),
    formatter: section.get('formatter') || null,
    filters: [],
    positional: Array.isArray(args)
      ? (args as readonly OptionValue[])
      : spot.fail('args', `expected a tuple: ${section.raw('args') ?? ''} lacks a comma, as in ('name',)`),
    options: kwargs.dictionary,
  };
}

function literal(spot: Spot, key: string, text: string): OptionValue {
  try {
    return parseLiteral(text);
  } catch (error) {
    if (error instanceof LiteralError) return spot.fail(key, error.message);
    throw error;
  }
}

function qualifiedName(section: IniSection): string {
  return section.get('qualname') ?? section.spot.fail(null, 'qualname is missing; it is the name of the logger');
}

function readLogger(section: IniSection): LoggerDraft {
  const propagate = section.get('propagate') ?? '1';
  if (!/^[+-]?\d+$/.test(propagate)) section.spot.fail('propagate', `${propagate}: expected 0 or 1`);
  return {
    spot: section.spot,
    level: level(section.get('level')),
    handlers: listOf(section.get('handlers') ?? ''),
    filters: [],
    propagate: Number(propagate) !== 0,
  };
}

/** Numbers are no levels in INI files: Python takes them for names. */
function level(text: string | undefined): LevelDraft {
  return text === undefined || text === '' ? null : text;
}
