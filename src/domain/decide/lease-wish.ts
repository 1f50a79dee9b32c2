/** What somebody asks for, and whether he may (spec leases 3, 4). */
import type { LeaseTokenConfig } from '../config/lease-api.js';
import { DEFAULT_PRIORITY } from '../config/lease-api.js';
import { nearestWord } from '../presentation/nearest-word.js';

/** The body of a creation, with its defaults filled in. */
export interface LeaseWish {
  readonly labels: readonly string[];
  readonly ttl: number;
  /** Undefined: as long as the token allows. */
  readonly maxDuration: number | undefined;
  readonly wait: number | null;
  readonly purpose: string | null;
  readonly priority: number;
  readonly sshKeys: readonly string[];
  readonly provider: string | null;
}

export type WishCaller = Pick<LeaseTokenConfig, 'labels' | 'maxDuration' | 'maxPriority'>;

export type WishRefusal =
  'label-not-allowed' | 'priority-not-allowed' | 'label-unknown' | 'max-duration-exceeded' | 'ssh-keys-not-supported';

export type WishDecision =
  { readonly verdict: 'accept' } | { readonly verdict: 'refuse'; readonly code: WishRefusal; readonly detail: string };

export interface WishContext {
  /** What registered pools offer. */
  readonly offered: ReadonlySet<string>;
  /** Can keys be added to the label's machines? */
  readonly reachable: (label: string) => boolean;
}

/** May this token use the label? `*` in a pattern stands for any characters. */
export function labelAllowed(patterns: readonly string[] | null, label: string): boolean {
  return patterns === null || patterns.some((pattern) => matches(pattern, label));
}

function matches(pattern: string, label: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return pattern === label;
  if (!label.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let from = first.length;
  for (const part of rest) {
    const found = label.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return label.length - last.length >= from && label.endsWith(last);
}

/** What the caller may not comes before what cannot be, so that nobody learns of labels that are not his. */
export function judgeWish(wish: LeaseWish, caller: WishCaller, context: WishContext): WishDecision {
  const forbidden = wish.labels.find((label) => !labelAllowed(caller.labels, label));
  if (forbidden !== undefined) return refuse('label-not-allowed', `The token may not use label ${forbidden}.`);
  const least = Math.min(caller.maxPriority, DEFAULT_PRIORITY);
  if (wish.priority < least) return refuse('priority-not-allowed', `The token may not go below priority ${least}.`);
  const unknown = wish.labels.find((label) => !context.offered.has(label));
  if (unknown !== undefined) return refuse('label-unknown', unknownLabel(unknown, caller, context.offered));
  if (wish.maxDuration !== undefined && wish.maxDuration > caller.maxDuration)
    return refuse('max-duration-exceeded', `max_duration may be ${caller.maxDuration} at most.`);
  if (wish.sshKeys.length === 0) return { verdict: 'accept' };
  const deaf = wish.labels.find((label) => !context.reachable(label));
  if (deaf === undefined) return { verdict: 'accept' };
  return refuse('ssh-keys-not-supported', `Keys cannot be added to machines of label ${deaf}.`);
}

function unknownLabel(label: string, caller: WishCaller, offered: ReadonlySet<string>): string {
  const allowed = [...offered].filter((each) => labelAllowed(caller.labels, each));
  const nearest = nearestWord(label, allowed);
  return `No pool offers label ${label}${nearest === undefined ? '.' : `; did you mean ${nearest}?`}`;
}

function refuse(code: WishRefusal, detail: string): WishDecision {
  return { verdict: 'refuse', code, detail };
}
