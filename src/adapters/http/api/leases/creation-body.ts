import { createHash } from 'node:crypto';
import { DEFAULT_PRIORITY, MOST_SECONDS } from '../../../../domain/config/lease-api.js';
import type { LeaseWish } from '../../../../domain/decide/lease-wish.js';
import { malformed } from '../read-json-body.js';
import { Members } from './members.js';

const MOST_LABELS = 50;
const LONGEST_LABEL = 255;
const MOST_KEYS = 50;
const LONGEST_PURPOSE = 500;
const DEFAULT_TTL = 300;
const LEAST_SECONDS = 30;
/** Seconds in the queue: more than a year is no wish. */
const LONGEST_WAIT = 366 * 86_400;

export interface Creation {
  readonly wish: LeaseWish;
  /** Of the body as it was sent, whatever the order of its members. */
  readonly digest: string;
}

/** @throws ApiProblem 400 naming the member */
export function readCreation(body: unknown): Creation {
  if (body === undefined) throw malformed('The body is empty; labels are needed.');
  const members = new Members(body);
  const labels = members.texts('labels', { least: 1, most: MOST_LABELS, longest: LONGEST_LABEL });
  if (!labels) throw malformed('labels is missing.');
  const wish: LeaseWish = {
    labels,
    ttl: readTtl(members) ?? DEFAULT_TTL,
    maxDuration: readMaxDuration(members),
    wait: members.whole('wait', 0, LONGEST_WAIT) ?? null,
    purpose: readPurpose(members) ?? null,
    priority: members.whole('priority', 0, 999) ?? DEFAULT_PRIORITY,
    sshKeys: members.texts('ssh_keys', { least: 0, most: MOST_KEYS, longest: 16_384 })?.map(checkPublicKey) ?? [],
    provider: members.text('provider', 1, LONGEST_LABEL) ?? null,
  };
  members.end();
  return { wish, digest: createHash('sha256').update(canonical(body)).digest('hex') };
}

export function readTtl(members: Members): number | undefined {
  return members.whole('ttl', LEAST_SECONDS, MOST_SECONDS);
}

export function readMaxDuration(members: Members): number | undefined {
  return members.whole('max_duration', LEAST_SECONDS, MOST_SECONDS);
}

export function readPurpose(members: Members): string | undefined {
  return members.text('purpose', 0, LONGEST_PURPOSE);
}

/** The same text for equal JSON. By then it is known to be flat. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}

const KEY =
  /^(?<type>ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) (?<data>[A-Za-z0-9+/]{16,}={0,3})(?: [\x20-\x7e]*)?$/;

/** One line of `authorized_keys` without options, so that nothing but a key gets there. @throws ApiProblem 400 */
function checkPublicKey(line: string): string {
  const text = line.trim();
  const { type, data } = KEY.exec(text)?.groups ?? {};
  if (type === undefined || data === undefined || typeInside(data) !== type)
    throw malformed('ssh_keys has an entry that is no public key of OpenSSH.');
  return text;
}

/** The data of a key begin with its type. */
function typeInside(data: string): string {
  const bytes = Buffer.from(data, 'base64');
  const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0;
  return length > 64 ? '' : bytes.subarray(4, 4 + length).toString('latin1');
}
