/**
 * How long a request may have to wait, from what was really given back lately: a guess for people, never a basis of decisions.
 * Times are seconds.
 */
import type { Place } from './place.js';

export type Estimate =
  | { readonly known: true; readonly p50: number; readonly p90: number; readonly basis: string }
  | { readonly known: false; readonly why: string };

/** What has happened lately in the pools that could serve it. */
export interface Turnover {
  /** Moments at which the room of a node came back, oldest first. */
  readonly givenBack: readonly number[];
  /** How long launches took. */
  readonly launches: readonly number[];
  /** Part of the nodes that went to requests that are more urgent than the one asked about, 0 to 1. */
  readonly overtaking: number;
}

/** Fewer are no basis. */
const LEAST = 5;
/**
 * Standard deviations from the mean to the point that nine of ten cases stay below, and a little more: what is more urgent and comes
 * later goes first.
 */
const NINE_OF_TEN = 1.2816 + 0.25;
/** Where nearly all nodes go to more urgent ones nobody knows; this is the longest that is said. */
const MOST_OVERTAKING = 0.9;
/** Nodes that come back together are not seen one by one: the scatter is not believed to be less than this part of the mean. */
const LEAST_SCATTER = 0.5;

/** @param code what it waits for now; null: its nodes are on their way, since `served` */
export function estimateOf(
  place: Pick<Place, 'nodesAhead' | 'lacks'> | undefined,
  code: string | null,
  served: number | null,
  turnover: Turnover,
  now: number,
): Estimate {
  if (code !== null && !COUNTABLE.has(code))
    return unknown(`it waits for ${code}, which no number of nodes given back ends`);
  if (code === null || place === undefined) return toLaunch(turnover, served === null ? 0 : now - served);
  const gaps = gapsOf(turnover.givenBack, now);
  if (turnover.givenBack.length < LEAST)
    return unknown(`only ${turnover.givenBack.length} nodes were given back lately`);
  const room = afterGaps(gaps, (place.nodesAhead + place.lacks) / (1 - Math.min(turnover.overtaking, MOST_OVERTAKING)));
  const launch = quantiles(turnover.launches);
  return {
    known: true,
    p50: room.p50 + launch.p50,
    p90: room.p90 + launch.p90,
    basis: `${turnover.givenBack.length} nodes given back and ${turnover.launches.length} launches lately`,
  };
}

/** Reasons that end when somebody gives a node back. */
const COUNTABLE: ReadonlySet<string> = new Set([
  'QUOTA_POOL',
  'QUOTA_PROVIDER',
  'OTHERS_WAIT_FIRST',
  'NO_FREE_MACHINE',
  'CLOUD_QUOTA',
]);

function toLaunch({ launches }: Turnover, elapsed: number): Estimate {
  if (launches.length < LEAST) return unknown(`only ${launches.length} launches ended lately`);
  // It has outlasted the shorter ones: they say nothing about it any more.
  const longer = launches.filter((seconds) => seconds > elapsed);
  if (longer.length === 0) return unknown('it takes longer than any launch lately');
  const { p50, p90 } = quantiles(longer);
  return { known: true, p50: p50 - elapsed, p90: p90 - elapsed, basis: `${launches.length} launches lately` };
}

/** The one that is not over yet counts once it is longer than usual: nothing may come back any more. */
function gapsOf(moments: readonly number[], now: number): readonly number[] {
  const gaps = moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment));
  const open = now - (moments.at(-1) ?? now);
  return open > mean(gaps) ? [...gaps, open] : gaps;
}

/** The sum of `count` gaps is taken for gamma distributed (Wilson and Hilferty's approximation); few gaps make it less certain. */
function afterGaps(gaps: readonly number[], count: number): { readonly p50: number; readonly p90: number } {
  const each = mean(gaps);
  const scatter = Math.max(LEAST_SCATTER * each, deviation(gaps, each));
  const middle = count * each;
  const error = scatter * (1 + 2 / gaps.length) * Math.sqrt(count + (count * count) / gaps.length);
  const shape = error > 0 ? (middle / error) ** 2 : Infinity;
  const cube = (z: number): number => middle * Math.max(0, 1 - 1 / (9 * shape) + z / (3 * Math.sqrt(shape))) ** 3;
  return { p50: cube(0), p90: cube(NINE_OF_TEN) };
}

function quantiles(values: readonly number[]): { readonly p50: number; readonly p90: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  // The longest of few is not the longest there is.
  const doubt = values.length === 0 ? 0 : deviation(values, mean(values)) / Math.sqrt(values.length);
  return { p50: at(0.5), p90: at(0.9) + doubt };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[], middle: number): number {
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

function unknown(why: string): Estimate {
  return { known: false, why };
}
