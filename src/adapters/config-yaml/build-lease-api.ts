/** Where leases are asked for, and who may (spec leases 4). */
import type { ProblemSink } from '../../domain/config/driver-schema.js';
import {
  API_SCOPES,
  DEFAULT_PRIORITY,
  LOCAL_HOLDER,
  MOST_SECONDS,
  type ApiScope,
  type LeaseApiConfig,
  type LeaseTokenConfig,
} from '../../domain/config/lease-api.js';
import { nearestWord } from '../../domain/presentation/nearest-word.js';
import type { LeaseApiSchema, LeaseTokenSchema, TopLevelSchema } from './schemas/top-level.schema.js';

const LONGEST_SOCKET = 107;

export function buildLeaseApi(
  { leaseApi, socket: outside }: Pick<TopLevelSchema, 'leaseApi' | 'socket'>,
  tokens: boolean,
  problems: ProblemSink,
): LeaseApiConfig | undefined {
  if (!leaseApi) return undefined;
  const socket = leaseApi.socket ?? outside ?? null;
  if (socket !== null && Buffer.byteLength(socket) > LONGEST_SOCKET)
    problems.report(['socket'], `the path of a socket has at most ${LONGEST_SOCKET} bytes`, {
      hint: 'use a shorter one',
    });
  return {
    tcp: onTcp(leaseApi, socket, tokens) ? tcpOf(leaseApi) : null,
    socket,
    keepEnded: leaseApi.keepEnded ?? 3600,
    identity: leaseApi.identity ?? null,
  };
}

/** Who wants nothing but the socket needs no tokens. */
function onTcp({ listenAddress, port, tls }: LeaseApiSchema, socket: string | null, tokens: boolean): boolean {
  return socket === null || tokens || listenAddress !== undefined || port !== undefined || tls !== undefined;
}

function tcpOf({ listenAddress, port, tls }: LeaseApiSchema): LeaseApiConfig['tcp'] {
  const files = tls?.cert === undefined || tls.key === undefined ? null : { cert: tls.cert, key: tls.key };
  return { address: listenAddress ?? '127.0.0.1', port: port ?? 8006, tls: files };
}

/** Nothing here tells values: they are secrets. */
export function buildLeaseTokens(
  schemas: readonly LeaseTokenSchema[] | undefined,
  sinkOf: ((token: object) => ProblemSink) | undefined,
): readonly LeaseTokenConfig[] {
  const seen = new Set<string>();
  return (schemas ?? []).flatMap((schema) => {
    const problems = sinkOf?.(schema);
    const { name, sha256 } = schema;
    if (problems) checkToken(schema, seen, problems);
    if (name === undefined || sha256 === undefined) return [];
    seen.add(sha256);
    return [
      {
        name,
        sha256,
        scopes: scopesOf(schema, problems),
        tenant: schema.tenant ?? name,
        labels: schema.labels ?? null,
        maxLeases: schema.maxLeases ?? Infinity,
        maxDuration: schema.maxDuration ?? MOST_SECONDS,
        maxPriority: schema.maxPriority ?? DEFAULT_PRIORITY,
      },
    ];
  });
}

function checkToken(schema: LeaseTokenSchema, seen: ReadonlySet<string>, problems: ProblemSink): void {
  const { name, sha256 } = schema;
  if (name === LOCAL_HOLDER)
    problems.report(['name'], `${LOCAL_HOLDER} is whoever asks over the socket`, { hint: 'choose another name' });
  if (name === '') problems.report(['name'], 'the name is empty');
  if (sha256 !== undefined && seen.has(sha256))
    problems.report(['sha256'], 'another entry has the same token', {
      hint: 'make a token for each with nodepool token',
    });
  const ranges = [
    ['max-leases', schema.maxLeases, 0, Infinity],
    ['max-duration', schema.maxDuration, 30, MOST_SECONDS],
    ['max-priority', schema.maxPriority, 0, 999],
  ] as const;
  for (const [key, value, least, most] of ranges)
    if (value !== undefined && (value < least || value > most))
      problems.report([key], `expected ${least} ${most === Infinity ? 'or more' : `to ${most}`}`);
}

function scopesOf({ scopes }: LeaseTokenSchema, problems: ProblemSink | undefined): readonly ApiScope[] {
  if (!scopes) return ['lease'];
  return scopes.flatMap((scope, index) => {
    const known = API_SCOPES.find((each) => each === scope);
    if (known) return [known];
    const nearest = nearestWord(scope, API_SCOPES);
    const hint = nearest === undefined ? `known scopes: ${API_SCOPES.join(', ')}` : `did you mean ${nearest}?`;
    problems?.report(['scopes', index], 'unknown scope', { hint });
    return [];
  });
}
