import type { Context } from 'koa';
import { malformed } from './read-json-body.js';

/** The query's members, each at most once. @throws ApiProblem 400 for any other than `known` */
export function readQuery(ctx: Context, ...known: readonly string[]): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(ctx.querystring)) {
    if (!known.includes(name)) throw malformed(`The query has the unknown member ${quote(name)}.`);
    if (members.has(name)) throw malformed(`The query has ${name} twice.`);
    members.set(name, value);
  }
  return members;
}

/** A whole number of the query, undefined if it is not there. @throws ApiProblem 400 */
export function wholeNumber(
  query: ReadonlyMap<string, string>,
  name: string,
  least: number,
  most = Infinity,
): number | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  const range = most === Infinity ? `from ${least} on` : `from ${least} to ${most}`;
  throw malformed(`${name} in the query has to be a whole number ${range}.`);
}

function quote(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
}
