import type { RecordFormatter } from '../format/python-formatter.js';
import { PythonFormatter } from '../format/python-formatter.js';
import { LogHandler } from '../log-handler.js';
import type { LogSink } from '../sinks/log-sink.js';
import { HandlerArguments } from './handler-arguments.js';
import { handlerClass, handlerClassNames } from './handler-classes.js';
import type { HandlerClass } from './handler-classes.js';
import type { HandlerDraft, OptionValue } from './log-config-draft.js';
import { LogConfigError } from './log-config-error.js';
import { levelNumber } from './level-number.js';

export interface LogHandlerContext {
  readonly formatters: ReadonlyMap<string, RecordFormatter>;
  readonly filters: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** @throws LogConfigError */
export function buildHandler(draft: HandlerDraft, context: LogHandlerContext): LogHandler {
  const { spot } = draft;
  const found = handlerClass(draft.className);
  if (!found) return spot.fail('class', `${draft.className} is not supported; there are ${handlerClassNames()}`);
  const formatter = draft.formatter === null ? new PythonFormatter() : context.formatters.get(draft.formatter);
  return new LogHandler({
    threshold: levelNumber(draft.level, spot),
    filters: filterNames(draft, context.filters),
    formatter: formatter ?? spot.fail('formatter', `there is no formatter ${draft.formatter ?? ''}`),
    sink: openSink(draft, found, context.now),
  });
}

export function filterNames(
  { spot, filters }: Pick<HandlerDraft, 'spot' | 'filters'>,
  known: ReadonlyMap<string, string>,
): readonly string[] {
  return filters.map((name) => known.get(name) ?? spot.fail('filters', `there is no filter ${name}`));
}

function openSink(draft: HandlerDraft, found: HandlerClass, now: number): LogSink | null {
  const args = argumentsOf(draft, found.parameters);
  try {
    return found.open(args, now);
  } catch (error) {
    if (error instanceof LogConfigError) throw error;
    const key = draft.positional.length > 0 ? 'args' : 'filename';
    return draft.spot.fail(key, openProblem(error as NodeJS.ErrnoException));
  }
}

function openProblem({ code, path, message }: NodeJS.ErrnoException): string {
  const file = path ?? 'the file';
  switch (code) {
    case 'ENOENT':
      return `${file} cannot be made: its folder does not exist; create it first`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${file} cannot be written to (${code}); change its owner or its folder's`;
    case 'EISDIR':
      return `${file} is a folder`;
    default:
      return `${file} cannot be opened: ${code ?? message}`;
  }
}

function argumentsOf({ spot, positional, options }: HandlerDraft, parameters: readonly string[]): HandlerArguments {
  const takes = parameters.length === 0 ? 'none' : parameters.join(', ');
  if (positional.length > parameters.length) spot.fail('args', `too many arguments; the class takes ${takes}`);
  const values = new Map<string, OptionValue>();
  for (const [name, value] of options) {
    if (!parameters.includes(name)) spot.fail(name, `the class takes no ${name}; it takes ${takes}`);
    values.set(name, value);
  }
  const placed = new Set<string>();
  for (const [index, value] of positional.entries()) {
    const name = parameters[index] ?? '';
    placed.add(name);
    values.set(name, value);
  }
  return new HandlerArguments(spot, values, (name) => {
    if (placed.has(name)) return 'args';
    return options.has(name) ? name : null;
  });
}
