import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';
import { API_SCOPES, LOCAL_HOLDER, MOST_SECONDS } from '../../../domain/config/lease-api.js';
import type { ApiScope, LeaseTokenConfig } from '../../../domain/config/lease-api.js';
import { ApiProblem } from './problem.js';

/** Who asks, and what he may. */
export type Caller = Omit<LeaseTokenConfig, 'sha256'>;

/** Over the unix socket, whose file mode says who may. */
const LOCAL: Caller = {
  name: LOCAL_HOLDER,
  scopes: API_SCOPES,
  tenant: LOCAL_HOLDER,
  labels: null,
  maxLeases: Infinity,
  maxDuration: MOST_SECONDS,
  maxPriority: 0,
};

/**
 * Finds out who asks; `tokens` answers those of the current configuration. All are compared, each in constant time, so that the
 * time of an answer tells nothing. @throws ApiProblem 401
 */
export function authenticate(ctx: Context, local: boolean, tokens: () => readonly LeaseTokenConfig[]): Caller {
  if (local) return LOCAL;
  const given = /^Bearer +([\x21-\x7e]+) *$/i.exec(ctx.get('Authorization'))?.[1];
  if (given === undefined) throw unauthenticated('A token is needed: Authorization: Bearer …');
  const digest = createHash('sha256').update(given).digest();
  let found: LeaseTokenConfig | undefined;
  for (const token of tokens()) {
    const expected = Buffer.from(token.sha256, 'hex');
    if (expected.length === digest.length && timingSafeEqual(expected, digest)) found ??= token;
  }
  if (!found) throw unauthenticated('The token is not known.');
  return found;
}

function unauthenticated(detail: string): ApiProblem {
  return new ApiProblem(401, 'unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer' } });
}

/** Set by the listener before any route is asked. */
export function callerOf(ctx: Context): Caller {
  return (ctx.state as { readonly caller: Caller }).caller;
}

export function hasScope(caller: Caller, scope: ApiScope): boolean {
  return caller.scopes.includes(scope) || (scope === 'read' && caller.scopes.includes('admin'));
}

/** @throws ApiProblem 403 unless the caller has one of the scopes */
export function requireScope(ctx: Context, ...scopes: readonly ApiScope[]): Caller {
  const caller = callerOf(ctx);
  if (scopes.some((scope) => hasScope(caller, scope))) return caller;
  throw new ApiProblem(403, 'scope', `The token has not the scope ${scopes.join(' or ')}.`);
}
