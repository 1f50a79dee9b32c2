/** What a launcher knows besides its opinions, for people. */
import type { CircuitFacts, Insight, LimitUse, PoolLimits, WhatIf } from '../explain/insight.js';
import type { Estimate } from '../explain/estimate.js';
import type { Place } from '../explain/place.js';
import type { Spell } from '../explain/spent-time.js';
import { wholeSeconds } from '../explain/spent-time.js';
import type { WaitGroup, Waits } from '../explain/waits.js';
import { ageOf } from './age.js';
import { printable } from './printable.js';

/** @param now seconds since the epoch */
export function insightLines(
  { waits, limits, spent, place, estimate, whatIf }: Insight,
  now: number,
): readonly string[] {
  return [
    ...(spent ? spentLines(spent) : []),
    ...(place ? [placeLine(place)] : []),
    ...(estimate ? [estimateLine(estimate)] : []),
    ...(limits ?? []).flatMap((pool) => limitLines(pool, now)),
    ...(waits ? waitLines(waits, now) : []),
    ...(whatIf ? whatIfLines(whatIf) : []),
  ].map(printable);
}

function spentLines(spent: readonly Spell[]): readonly string[] {
  const whole = wholeSeconds(spent);
  if (whole.length === 0) return [];
  const sum = whole.reduce((all, { seconds }) => all + seconds, 0);
  return [`time: ${sum} s = ${whole.map(({ what, seconds }) => `${seconds} s ${what}`).join(' + ')}`];
}

function placeLine({ position, of, nodesAhead, lacks, pools }: Place): string {
  const ahead = nodesAhead === 0 ? 'nobody is ahead of it' : `${amount(nodesAhead, 'node')} for those ahead of it`;
  return `place: ${position} of ${of} that want ${pools.join(', ')}; ${ahead}, ${lacks} for itself`;
}

function estimateLine(estimate: Estimate): string {
  if (!estimate.known) return `estimate: unknown, ${estimate.why}`;
  const { p50, p90, basis } = estimate;
  return `estimate: served in ${Math.ceil(p50)} s as likely as not, in ${Math.ceil(p90)} s in nine cases of ten; from ${basis}`;
}

function limitLines(pool: PoolLimits, now: number): readonly string[] {
  const launches = pool.maxConcurrency === null ? 'no max-concurrency' : `max-concurrency ${pool.maxConcurrency}`;
  return [
    `${pool.provider}/${pool.pool}: holds ${amount(pool.holds, 'request')}, ${pool.waiting} waiting; ${amount(pool.launches, 'launch', 'launches')} under way in the provider, ${launches}`,
    ...(pool.problem === null ? [] : [`  the provider cannot be used: ${pool.problem}`]),
    ...pool.use.map((use) => `  ${useWords(use)}`),
    ...(pool.breaker.length === 0
      ? ['  breaker: closed']
      : pool.breaker.map((circuit) => `  breaker: ${circuitWords(circuit, now)}`)),
  ];
}

function useWords({ of, resource, used, limit }: LimitUse): string {
  return `${of}: ${used} of ${limit} ${resource} used${used >= limit ? ', nothing is left' : ''}`;
}

function circuitWords({ cause, scope, state, since, refusals, nextProbe, problem }: CircuitFacts, now: number): string {
  const probe = nextProbe === null ? 'a probe is under way or due' : `next probe in ${Math.ceil(nextProbe - now)} s`;
  return `${state} for ${cause} (${scope}) since ${ageOf(since, now)}, ${amount(refusals, 'refusal')}, ${probe}: ${problem}`;
}

function waitLines({ groups, served, unheard }: Waits, now: number): readonly string[] {
  return [
    ...(groups.length === 0 ? ['nobody waits'] : groups.map((group) => waitWords(group, now))),
    ...(served > 0 ? [`${amount(served, 'request is', 'requests are')} being served`] : []),
    ...(unheard > 0 ? [`${amount(unheard, 'request has', 'requests have')} no word from these pools`] : []),
  ];
}

function waitWords({ pool, code, resource, title, count, since }: WaitGroup, now: number): string {
  const what = resource === null ? code : `${code} ${resource}`;
  return `${amount(count, 'request waits', 'requests wait')} in ${pool} for ${what} (${title}), since ${ageOf(since, now)}`;
}

function whatIfLines({ changes, pools }: WhatIf): readonly string[] {
  const title = `if ${changes.join(' and ')}:`;
  if (pools.length === 0)
    return [title, '  no pool of this launcher has to decide about it now: it is served, or gone'];
  return [
    title,
    ...pools.flatMap(({ decider, verdict, reasons, anew }) => [
      `  ${decider} would say ${verdict}${anew ? ' to a new request like it (it has declined this one)' : ''}`,
      ...reasons.map(({ text }) => `    ${text}`),
    ]),
  ];
}

function amount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
