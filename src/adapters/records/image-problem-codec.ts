import type { ImageProblem, ReportedProblem } from '../../domain/model/image-problem.js';
import { PythonFloat } from './python-json.js';
import { parseObject } from './record-codec.js';

/** A record of a store must stay small, whatever goes wrong. */
const MOST_PROBLEMS = 100;
const CODES: readonly string[] = [
  'BACKOFF',
  'DISK_FULL',
  'PROVIDER_NOT_READY',
] satisfies readonly ImageProblem['code'][];

/** The value of `image_problems` in a builder's component record. */
export function encodeImageProblems(problems: readonly ImageProblem[]): readonly Readonly<Record<string, unknown>>[] {
  return problems.slice(0, MOST_PROBLEMS).map(({ image, provider, code, failures, problem, nextTry }) => ({
    image,
    provider,
    code,
    failures,
    problem,
    next_try: nextTry === null ? null : new PythonFloat(nextTry),
  }));
}

/** What a builder's component record says; nothing if it says nothing or cannot be understood. */
export function decodeImageProblems(data: Uint8Array): readonly ReportedProblem[] {
  const parsed = parseObject(data);
  if (!('value' in parsed)) return [];
  const { hostname, image_problems: problems } = parsed.value;
  if (!Array.isArray(problems)) return [];
  const builder = typeof hostname === 'string' ? hostname : '';
  return problems.flatMap((entry: unknown) => decodeOne(entry, builder) ?? []);
}

function decodeOne(entry: unknown, builder: string): ReportedProblem | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { image, provider, code, failures, problem, next_try: nextTry } = entry as Record<string, unknown>;
  if (typeof image !== 'string' || typeof code !== 'string' || !CODES.includes(code)) return undefined;
  return {
    image,
    provider: typeof provider === 'string' ? provider : null,
    code: code as ImageProblem['code'],
    failures: typeof failures === 'number' ? failures : 0,
    problem: typeof problem === 'string' ? problem : '',
    nextTry: typeof nextTry === 'number' ? nextTry : null,
    builder,
  };
}
