import type { Secret } from '../../../domain/config/secret.js';
import type { Catalogue } from './catalogue.js';

/** What signing in gives. */
export interface IdentityToken {
  readonly token: Secret;
  /** Seconds from its making to its end; null = it does not say. */
  readonly lifetime: number | null;
  readonly catalogue: Catalogue;
  readonly projectId: string | null;
}

/** By the server's own clock, which need not agree with ours. */
export function lifetimeBetween(issued: string | null, expires: string | null, now: number): number | null {
  const end = expires === null ? NaN : Date.parse(expires) / 1000;
  if (Number.isNaN(end)) return null;
  const begin = issued === null ? NaN : Date.parse(issued) / 1000;
  return Math.max(0, end - (Number.isNaN(begin) ? now : begin));
}
