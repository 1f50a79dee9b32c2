/** A YAML file as plain values, with the way back from a key path to line and column. */
import type { ErrorCode } from 'yaml';
import { LineCounter, parseDocument } from 'yaml';
import type { ProblemSeverity } from '../../domain/config/driver-schema.js';
import type { Place } from './yaml-locator.js';
import { faultWording, parsingFailed } from './yaml-fault-wording.js';
import { locator, type Locate } from './yaml-locator.js';
import { unresolvableReference, repeatedKeys, squeezedKeys } from './yaml-oddities.js';
import { likelySlip } from './yaml-slips.js';
import { tagsOfTheOriginal } from './yaml-tags.js';

export interface YamlFault {
  readonly place: Place | null;
  readonly message: string;
  readonly severity: ProblemSeverity;
}

export interface YamlDocument {
  /** Undefined if the text is not YAML. */
  readonly value: unknown;
  readonly faults: readonly YamlFault[];
  readonly locate: Locate;
}

/** Messages hold nothing of the text. Never throws. */
export function parseYaml(source: string): YamlDocument {
  const text = source.replace(/^\uFEFF/, '');
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      version: '1.1',
      schema: 'yaml-1.1',
      customTags: tagsOfTheOriginal,
      merge: true,
      // The parser compares each key with each other one.
      uniqueKeys: false,
      logLevel: 'error',
    });
    const found = [...document.errors, ...document.warnings];
    if (found.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) return unreadable(text);
    const faults = firstOf(text, found, placeOf);
    for (const offset of repeatedKeys(document)) {
      faults.push({ place: placeOf(offset), message: faultWording('DUPLICATE_KEY'), severity: 'strict' });
    }
    for (const offset of squeezedKeys(document, text)) {
      faults.push({ place: placeOf(offset), message: CONTINUED, severity: 'warning' });
    }
    const unresolvable = unresolvableReference(document);
    if (unresolvable)
      faults.push({ place: placeOf(unresolvable.offset), message: parsingFailed(unresolvable.why), severity: 'error' });
    return {
      value: faults.some(({ severity }) => severity === 'error') ? undefined : (document.toJS() as unknown),
      faults,
      locate: locator(document, placeOf),
    };
  } catch {
    return unreadable(text);
  }
}

const CONTINUED = 'this line belongs to the value above it: is a space missing after its colon?';

/** What comes after the first fault mostly follows from it. */
function firstOf(
  text: string,
  found: readonly { readonly code: ErrorCode; readonly pos: readonly [number, number] }[],
  placeOf: (offset: number) => Place,
): YamlFault[] {
  const [first] = [...found].sort((a, b) => a.pos[0] - b.pos[0]);
  if (!first) return [];
  const place = placeOf(first.pos[0]);
  const slip = likelySlip(text, place) ?? { place, message: faultWording(first.code) };
  return [{ ...slip, message: parsingFailed(slip.message), severity: 'error' }];
}

/** Where the parser gave up depends on its mood, so no place is named. */
function unreadable(text: string): YamlDocument {
  const slip = likelySlip(text, null) ?? { place: null, message: 'nested too deeply, or aliases without end' };
  return {
    value: undefined,
    faults: [{ place: slip.place, message: parsingFailed(slip.message), severity: 'error' }],
    locate: () => ({ line: 1, column: 1 }),
  };
}

/**
 * For files that are not Nodepool's own configuration: the value, or the first fault in words, with its place as `:line:column` (empty if it
 * is not known).
 */
export function readYaml(
  text: string,
): { readonly value: unknown } | { readonly fault: string; readonly place: string } {
  const { value, faults } = parseYaml(text);
  const fault = faults.find(({ severity }) => severity === 'error');
  if (!fault) return { value };
  return { fault: fault.message, place: fault.place ? `:${fault.place.line}:${fault.place.column}` : '' };
}
