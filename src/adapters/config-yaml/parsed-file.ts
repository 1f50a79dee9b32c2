/** One configuration file, from its path to a map of plain values. */
import type { ProblemSink } from '../../domain/config/driver-schema.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import type { ConfigFiles } from './config-files.js';
import { errorCode } from './config-files.js';
import type { ProblemList } from './problem-list.js';
import { isRecord, typeName } from './value-kinds.js';
import { parseYaml } from './yaml-document.js';
import { likelySlip } from './yaml-slips.js';

export interface ParsedFile {
  readonly path: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly problems: ProblemSink;
}

export interface FileContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly files: ConfigFiles;
  readonly clock: Clock;
}

const ATTEMPTS = 3;
/** Seconds. */
const ATTEMPT_INTERVAL = 0.5;

/** Null when the file cannot be used, which has been reported then. An empty secure file is an empty map, an empty main file is not. */
export async function readParsedFile(
  path: string,
  role: 'main' | 'secure',
  context: FileContext,
  problems: ProblemList,
): Promise<ParsedFile | null> {
  const text = await readPatiently(path, context, problems);
  if (text === null) return null;
  const { value, faults, locate } = parseYaml(substituteEnvironment(text, context.env));
  for (const { place, message, severity } of faults) problems.add(path, place, message, severity);
  if (faults.some(({ severity }) => severity === 'error')) return null;
  const sink = problems.sink({ file: path, locate });
  if (isRecord(value)) return { path, value, problems: sink };
  if (isEmpty(value) && role === 'secure') return { path, value: {}, problems: sink };
  reportNoMap(value, text, sink);
  return null;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined;
}

function reportNoMap(value: unknown, text: string, problems: ProblemSink): void {
  const expected = 'expected a dictionary (a map of keys)';
  if (isEmpty(value)) {
    problems.report([], `${expected}, the file is empty`, { hint: 'an empty configuration is written {}' });
    return;
  }
  const slip = typeof value === 'string' ? likelySlip(text, { line: 1, column: 1 }) : undefined;
  problems.report([], `${expected}, found ${typeName(value)}`, { hint: slip?.message ?? '' });
}

/** Editors replace files: one that is missing may be there in a moment. */
async function readPatiently(path: string, context: FileContext, problems: ProblemList): Promise<string | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await context.files.read(path);
    } catch (error) {
      const code = errorCode(error);
      if (code !== 'ENOENT' || attempt === ATTEMPTS) {
        problems.add(path, null, code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`);
        return null;
      }
      await sleep(context.clock, ATTEMPT_INTERVAL);
    }
  }
}

/** `%(NODEPOOL_X)` in a file's text becomes the variable's value; names that are not set stay as they are (spec BUILDER 1.1). */
function substituteEnvironment(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/%\((NODEPOOL_[^()\s]*)\)/g, (literal, name: string) =>
    Object.hasOwn(env, name) ? (env[name] ?? literal) : literal,
  );
}
