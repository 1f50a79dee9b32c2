import { describe, expect, it } from 'vitest';
import { answerReason, withoutEchoes } from '../../../src/adapters/openstack/client/answer-text.js';
import type { ApiErrorFacts } from '../../../src/adapters/openstack/client/api-error.js';
import { ApiError, isStatus } from '../../../src/adapters/openstack/client/api-error.js';
import {
  newestOf,
  readVersions,
  versionRoot,
  versionUrl,
} from '../../../src/adapters/openstack/client/api-versions.js';
import { callName } from '../../../src/adapters/openstack/client/call-name.js';
import { classifyApiError, toProviderError } from '../../../src/adapters/openstack/client/classify-error.js';
import { connectionFault } from '../../../src/adapters/openstack/client/connection-fault.js';
import { nextQuery } from '../../../src/adapters/openstack/client/next-page.js';
import { proxyFor } from '../../../src/adapters/openstack/client/proxies.js';
import { retryAfter } from '../../../src/adapters/openstack/client/retry-after.js';
import { retryDelay } from '../../../src/adapters/openstack/client/retry-delay.js';
import { proxiesFromEnvironment } from '../../../src/adapters/openstack/clouds/cloud-proxies.js';
import { task } from '../../../src/domain/metrics/task-metrics.js';
import { ProviderError } from '../../../src/ports/compute/errors.js';

function failure(facts: Partial<ApiErrorFacts> = {}): ApiError {
  return new ApiError({
    kind: 'status',
    method: 'POST',
    url: 'https://nova/servers',
    expected: [202],
    status: 500,
    body: '',
    requestId: null,
    retryAfter: null,
    reason: 'why',
    ...facts,
  });
}

const answered = (status: number, body: string): ApiError => failure({ status, body, reason: answerReason(body) });

describe('names of calls in metrics', () => {
  it.each([
    ['compute', 'GET', '/servers', 'ComputeGetServers'],
    ['compute', 'GET', '/servers/0b1f', 'ComputeGetServers'],
    ['compute', 'GET', '/servers/detail', 'ComputeGetServersDetail'],
    ['compute', 'POST', '/os-volumes_boot', 'ComputePostOsVolumesBoot'],
    ['compute', 'POST', '/servers/0b1f/action', 'ComputePostServersAction'],
    ['compute', 'GET', '/os-availability-zone', 'ComputeGetOsAvailabilityZone'],
    ['network', 'GET', '/v2.0/floatingips.json', 'NetworkGetFloatingips'],
    ['network', 'DELETE', '/ports/0b1f?x=y', 'NetworkDeletePorts'],
    ['image', 'PUT', '/images/0b1f/file', 'ImagePutImagesFile'],
    ['identity', 'POST', '/v3/auth/tokens', 'IdentityPostTokens'],
    ['volume', 'GET', '/', 'VolumeGetDiscovery'],
    ['object-store', 'PUT', '/images/name', 'ObjectStorePutImages'],
  ])('%s %s %s', (service, method, path, name) => {
    expect(task('lab', callName(service, method, path))).toBe(`nodepool.task.lab.${name}`);
  });
});

describe('kinds of errors', () => {
  it.each([
    [
      403,
      '{"forbidden": {"code": 403, "message": "Quota exceeded for instances: Requested 11, but already used 0 of 10"}}',
      'quota',
    ],
    [409, '{"NeutronError": {"type": "OverQuota", "message": "Quota exceeded for resources: [\'port\']."}}', 'quota'],
    [403, '{"forbidden": {"message": "Maximum number of ports exceeded"}}', 'quota'],
    [
      413,
      '{"overLimit": {"message": "VolumeLimitExceeded: Maximum number of volumes allowed (20) exceeded for quota \'volumes\'."}}',
      'quota',
    ],
    [413, 'User 7 is over limit for image_count_total', 'quota'],
    [
      409,
      '{"NeutronError": {"type": "IpAddressGenerationFailure", "message": "No more IP addresses available on network 1."}}',
      'capacity',
    ],
    [
      500,
      '{"computeFault": {"message": "No valid host was found. There are not enough hosts available."}}',
      'capacity',
    ],
    [413, '{"overLimit": {"code": 413, "message": "This request was rate-limited.", "retryAfter": "5"}}', 'rate'],
    [429, '', 'rate'],
    [401, '', 'authentication'],
    [
      403,
      '{"forbidden": {"message": "Policy doesn\'t allow os_compute_api:servers:create to be performed."}}',
      'authentication',
    ],
    [404, '{"itemNotFound": {"message": "Instance x could not be found."}}', 'not-found'],
    [400, '{"badRequest": {"message": "Can not find requested image"}}', 'transient'],
    [500, '{"computeFault": {"message": "Unexpected API Error."}}', 'transient'],
    [503, '<html><body><h1>503 Service Unavailable</h1></body></html>', 'transient'],
  ])('%i %s is %s', (status, body, kind) => {
    expect(classifyApiError(answered(status, body))).toBe(kind);
  });

  it('an error becomes one of the port, with its facts and its cause', () => {
    const error = failure({ status: 404, requestId: 'req-7' });
    const converted = toProviderError(error, { externalId: 's' });
    expect(converted).toBeInstanceOf(ProviderError);
    expect(converted).toMatchObject({ kind: 'not-found', details: { externalId: 's' }, cause: error });
    expect((converted as Error).message).toBe('POST https://nova/servers answered 404, expected 202: why (req-7)');
    const abort = new Error('enough');
    expect(toProviderError(abort)).toBe(abort);
    expect(isStatus(error, 404, 410)).toBe(true);
    expect(isStatus(abort, 404)).toBe(false);
  });

  it.each([
    [{ code: 'ENOTFOUND', syscall: 'getaddrinfo' }, 'dns'],
    [{ code: 'EAI_AGAIN' }, 'dns'],
    [{ code: 'ECONNREFUSED' }, 'refused'],
    [{ code: 'EHOSTUNREACH' }, 'unreachable'],
    [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, 'unreachable'],
    [{ code: 'ETIMEDOUT', syscall: 'connect' }, 'unreachable'],
    [{ code: 'ETIMEDOUT', syscall: 'read' }, 'cut'],
    [{ code: 'ECONNRESET' }, 'cut'],
    [{ code: 'UND_ERR_SOCKET' }, 'cut'],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'tls'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'tls'],
    [{ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'tls'],
  ])('%j is %s', (facts, kind) => {
    expect(connectionFault(Object.assign(new Error('x'), facts)).kind).toBe(kind);
    const several = new AggregateError([new Error('y'), Object.assign(new Error('x'), facts)]);
    expect(connectionFault(several).kind).toBe(kind);
  });
});

describe('what an answer says', () => {
  it.each([
    ['{"error": {"code": 401, "message": "no", "title": "Unauthorized"}}', 'no'],
    ['{"NeutronError": {"type": "PortNotFound", "message": "gone", "detail": ""}}', 'gone [PortNotFound]'],
    ['{"message": "No image<br /><br />\\n\\n"}', 'No image'],
    ['{"faultstring": "told"}', 'told'],
    ['<html><head><title>t</title></head><body><h1>404 Not  Found</h1></body></html>', '404 Not Found'],
    ['plain', 'plain'],
    ['', ''],
    ['[]', '[]'],
  ])('%s', (body, said) => {
    expect(answerReason(body)).toBe(said);
  });

  it('holds no user data that the service repeats', () => {
    const text = withoutEchoes('Invalid input for field/attribute user_data. Value: c2VjcmV0. It is too long');
    expect(text).toBe('Invalid input for field/attribute user_data. Value: [redacted] It is too long');
  });

  it.each([
    ['5', 5],
    [' 1.5 ', 1.5],
    ['Thu, 01 Jan 1970 00:01:40 GMT', 40],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', null],
    [undefined, null],
  ])('Retry-After: %s', (value, seconds) => {
    expect(retryAfter(value, 60)).toBe(seconds);
  });
});

describe('trying again', () => {
  const ask = (
    facts: Partial<ApiErrorFacts>,
    attempts = 1,
    idempotent = true,
    service = 'compute',
    left = 100,
  ): number | undefined => retryDelay({ error: failure(facts), attempts, idempotent, service, left, jitter: 0.5 });

  it.each([
    ['502 of what is safe', { status: 502 }, true, 3],
    ['504 of what is safe', { status: 504 }, true, 3],
    ['504 of what is not', { status: 504 }, false, 0],
    ['500', { status: 500 }, true, 0],
    ['400', { status: 400 }, true, 0],
    ['429 of what is not safe: it was refused unread', { status: 429 }, false, 3],
    ['a lost answer of what is safe', { kind: 'cut' }, true, 2],
    ['a lost answer of what is not', { kind: 'cut' }, false, 0],
    ['no connection', { kind: 'unreachable' }, false, 3],
    ['a certificate', { kind: 'tls' }, true, 0],
    ['the deadline', { kind: 'timeout' }, true, 0],
  ] as const)('after %s', (_what, facts, idempotent, retries) => {
    const delays = [1, 2, 3, 4, 5, 6].map((attempts) => ask(facts, attempts, idempotent));
    expect(delays.filter((delay) => delay !== undefined)).toEqual([1, 2, 4].slice(0, retries));
  });

  it('not when there is no time for it', () => {
    expect(ask({ status: 503, retryAfter: 20 }, 1, true, 'compute', 10)).toBeUndefined();
    expect(ask({ status: 503, retryAfter: 5 }, 1, true, 'compute', 10)).toBeCloseTo(5.25);
  });
});

describe('discovery documents', () => {
  const nova = {
    versions: [
      { id: 'v2.0', status: 'SUPPORTED', version: '', min_version: '', links: [{ rel: 'self', href: 'http://n/v2/' }] },
      {
        id: 'v2.1',
        status: 'CURRENT',
        version: '2.93',
        min_version: '2.1',
        links: [{ rel: 'self', href: 'http://n/v2.1/' }],
      },
    ],
  };

  it('of Nova', () => {
    expect(newestOf(readVersions(nova), 2)).toMatchObject({
      segment: 'v2.1',
      maxMicroversion: '2.93',
      minMicroversion: '2.1',
    });
  });

  it('of Glance, which lists its minor versions with one address', () => {
    const versions = ['v2.15', 'v2.9', 'v2.2'].map((id, index) => ({
      id,
      status: index === 0 ? 'CURRENT' : 'SUPPORTED',
      links: [{ rel: 'self', href: 'http://g/v2/' }],
    }));
    const newest = newestOf(readVersions({ versions }), 2);
    expect(newest && versionUrl('http://g', newest)).toBe('http://g/v2');
  });

  it('of Keystone, and of a single version', () => {
    const entry = { id: 'v3.14', status: 'stable', links: [{ rel: 'self', href: 'http://k:5000/v3/' }] };
    expect(newestOf(readVersions({ versions: { values: [entry] } }), 3)).toMatchObject({ segment: 'v3' });
    expect(readVersions({ version: entry })).toHaveLength(1);
    expect(readVersions({ versions: 'none', version: 7 })).toEqual([]);
  });

  it.each([
    ['https://cloud/compute', 'http://10.0.0.1:8774/v2.1/', 'https://cloud/compute/v2.1'],
    ['https://cloud:8774', 'http://cloud:8774/v2.1/', 'https://cloud:8774/v2.1'],
    ['https://cloud/a', 'https://cloud/a/deep/v2.1', 'https://cloud/a/deep/v2.1'],
    ['https://cloud', '/v2.1', 'https://cloud/v2.1'],
  ])('are believed only as far as they fit: %s %s', (base, href, url) => {
    const [version] = readVersions({ versions: [{ id: 'v2.1', links: [{ rel: 'self', href }] }] });
    expect(version && versionUrl(base, version)).toBe(url);
  });

  it('do not know of projects', () => {
    expect(versionRoot('https://cloud/volume/v3/0b1f')).toBe('https://cloud/volume/v3');
    expect(versionRoot('https://v3.example.org/v2.1/0b1f')).toBe('https://v3.example.org/v2.1');
    expect(versionRoot('https://cloud/volume')).toBe('https://cloud/volume');
  });
});

describe('the next page', () => {
  const answer = (json: Readonly<Record<string, unknown>>, link?: string): Parameters<typeof nextQuery>[0] => ({
    status: 200,
    json,
    headers: link === undefined ? {} : { link },
  });

  it.each([
    [{ servers_links: [{ rel: 'next', href: 'http://10.0.0.1/v2.1/servers?limit=2&marker=b' }] }, undefined],
    [{ next: '/v2/images?limit=2&marker=b' }, undefined],
    [{ links: { next: 'http://k/v3/projects?limit=2&marker=b' } }, undefined],
    [{}, '<http://a/?page=1>; rel="prev", <http://a/x?limit=2&marker=b>; rel="next"'],
  ])('%j %s', (json, link) => {
    expect(nextQuery(answer(json, link), 'servers')).toEqual({ limit: '2', marker: 'b' });
  });

  it('is there only if it is announced', () => {
    expect(nextQuery(answer({ servers_links: [{ rel: 'previous', href: '?marker=a' }] }), 'servers')).toBeUndefined();
    expect(nextQuery(answer({ next: '/v2/images' }), 'images')).toBeUndefined();
    expect(nextQuery(answer({ next: '?fields=a&fields=b' }), 'images')).toEqual({ fields: ['a', 'b'] });
  });
});

describe('proxies', () => {
  const of = (url: string, env: Readonly<Record<string, string>>): string | null =>
    proxyFor(new URL(url), proxiesFromEnvironment(env));

  it('are those of the environment', () => {
    const env = { https_proxy: 'http://proxy:3128', http_proxy: 'plain:3128', NO_PROXY: '.lab, 10.0.0.1,other:8443' };
    expect(of('https://cloud.example.org', env)).toBe('http://proxy:3128');
    expect(of('http://cloud.example.org', env)).toBe('http://plain:3128');
    expect(of('https://nova.lab:8774', env)).toBeNull();
    expect(of('https://lab', env)).toBeNull();
    expect(of('https://10.0.0.1:5000', env)).toBeNull();
    expect(of('https://other:8443', env)).toBeNull();
    expect(of('https://other', env)).toBe('http://proxy:3128');
    expect(of('https://cloud', { HTTPS_PROXY: 'http://proxy', no_proxy: '*' })).toBeNull();
    expect(of('https://cloud', { ALL_PROXY: 'http://proxy' })).toBe('http://proxy');
    expect(of('http://cloud', { HTTP_PROXY: 'http://proxy' })).toBe('http://proxy');
    expect(of('https://cloud', { HTTP_PROXY: 'http://proxy' })).toBeNull();
    expect(of('https://cloud', {})).toBeNull();
  });
});
