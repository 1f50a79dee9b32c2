import { explainReason } from './explained-reason.js';
import type { ExplainedReason } from './explained-reason.js';
import type { Reason } from './reason.js';

/** A reason for people who have never seen a code: a sentence, and what helps as another. */
export interface PlainReason {
  readonly code: string;
  readonly text: string;
  readonly unblock: string;
}

export function plainReason(reason: Reason, now: number): PlainReason {
  const explained = explainReason(reason, now);
  return { code: reason.code, text: plainSentence(explained), unblock: asSentence(explained.unblock) };
}

/** What an explained reason says, without its code. */
export function plainSentence({ code, text, facts }: Pick<ExplainedReason, 'code' | 'text' | 'facts'>): string {
  return asSentence(plainText({ code, ...facts } as Reason) ?? text.slice(code.length));
}

/** The reasons whose words are made for a log, where numbers come first. */
function plainText(reason: Reason): string | undefined {
  switch (reason.code) {
    case 'QUOTA_POOL':
      return limitReached(`pool ${reason.owner}`, reason);
    case 'QUOTA_PROVIDER':
      return limitReached(`provider ${reason.owner}`, reason);
    case 'QUOTA_TENANT':
      return limitReached(`tenant ${reason.owner}`, reason);
    case 'REQUEST_OVER_POOL':
      return neverFits(`pool ${reason.owner}`, reason);
    case 'REQUEST_OVER_PROVIDER':
      return neverFits(`provider ${reason.owner}`, reason);
    case 'OTHERS_WAIT_FIRST':
      return reason.waiting === 1
        ? `one request waits for room in pool ${reason.pool} already`
        : `${reason.waiting} requests wait for room in pool ${reason.pool} already`;
    default:
      return undefined;
  }
}

interface Quota {
  readonly resource: string;
  readonly used: number;
  readonly limit: number;
  readonly need: number;
}

function limitReached(owner: string, { resource, used, limit, need }: Quota): string {
  return `${owner} uses ${used} of its ${limit} ${resource}, and ${need} more ${need === 1 ? 'is' : 'are'} needed`;
}

function neverFits(owner: string, { resource, limit, need }: Quota): string {
  return `the whole request needs ${need} ${resource}, and ${owner} has ${limit} at most`;
}

function asSentence(text: string): string {
  const words = text.trim();
  const first = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** What a code means, in a few words; of codes that need none the code itself in small letters. */
export function reasonTitle(code: string): string {
  return TITLES[code] ?? code.toLowerCase().replaceAll('_', ' ');
}

const TITLES: Readonly<Record<string, string>> = {
  QUOTA_POOL: 'the limit of a pool is reached',
  QUOTA_PROVIDER: 'the quota of a provider is used up',
  QUOTA_TENANT: 'the limit of a tenant is reached',
  REQUEST_OVER_POOL: 'larger than a pool',
  REQUEST_OVER_PROVIDER: 'larger than a provider',
  OTHERS_WAIT_FIRST: 'others came first',
  IMAGE_NOT_READY: 'an image is not ready',
  PROVIDER_NOT_READY: 'a provider cannot be used',
  LABEL_BROKEN: 'a label cannot be made',
  LABEL_UNKNOWN: 'no pool here offers the label',
  NO_FREE_MACHINE: 'no machine is free',
  POOL_DISABLED: 'a pool takes no requests',
  MAX_CONCURRENCY: 'a provider launches as many as it may',
  CLOUD_QUOTA: 'a cloud says that its quota is used up',
  CLOUD_CAPACITY: 'a cloud has no room',
  CLOUD_RATE: 'a cloud refuses so many calls',
  CLOUD_SILENT: 'a cloud does not answer',
  LAUNCH_FAILED: 'a launch failed',
  REQUEST_LOCKED: 'somebody else serves it',
  YIELD_PRIORITY: 'another pool comes first',
  YIELD_CAPABLE_POOL: 'another pool offers all labels',
  YIELD_WISHED_PROVIDER: 'another provider is wanted',
  ALREADY_DECLINED: 'declined before',
  REGISTRY_INCOMPLETE: 'the launchers are not all known yet',
};
