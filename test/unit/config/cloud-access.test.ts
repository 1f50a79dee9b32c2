import { inspect } from 'node:util';
import { readYaml } from '../../../src/adapters/config-yaml/yaml-document.js';
import { describe, expect, it } from 'vitest';
import { FileCloudDirectory } from '../../../src/adapters/openstack/clouds/cloud-directory.js';
import type { CloudAccess } from '../../../src/adapters/openstack/clouds/cloud-access.js';
import { VENDOR_PROFILES } from '../../../src/adapters/openstack/clouds/vendor-profiles.js';
import { ProviderError } from '../../../src/ports/compute/errors.js';
import { MemoryFiles } from './config-harness.js';

const FILE = '/etc/openstack/clouds.yaml';

interface Place {
  readonly region?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly cloud?: string;
}

function accessOf(text: string, place: Place = {}): Promise<CloudAccess> {
  const files = new MemoryFiles();
  for (const [path, content] of Object.entries({ [FILE]: text, ...place.files })) files.write(path, content);
  const directory = new FileCloudDirectory({ files, env: place.env ?? {}, cwd: '/', home: '/home/someone', readYaml });
  return directory.access(place.cloud ?? 'x', place.region ?? null);
}

/** The entry `x`, which has all it needs, with further keys. */
const entry = (...lines: readonly string[]): string =>
  ['clouds:', '  x:', '    auth: {auth_url: "https://id.example.org:5000/v3", username: u, password: hunter2}']
    .concat(lines.map((line) => `    ${line}`))
    .join('\n');
const authOf = async (auth: string, ...lines: readonly string[]): Promise<CloudAccess['auth']> =>
  (await accessOf(['clouds:', '  x:', `    auth: {${auth}}`, ...lines.map((line) => `    ${line}`)].join('\n'))).auth;
const URL = 'auth_url: "https://id.example.org/v3"';

async function refusal(text: string, place: Place = {}): Promise<string> {
  const error: unknown = await accessOf(text, place).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ProviderError);
  expect((error as ProviderError).kind).toBe('configuration');
  return (error as ProviderError).message;
}

describe('what a cloud of clouds.yaml means', () => {
  it('a short entry has the defaults of the SDK', async () => {
    expect(await accessOf(entry())).toMatchObject({
      name: 'x',
      region: null,
      tls: { verify: true, cacert: null, cert: null, key: null },
      apiTimeout: null,
      networks: [],
      imageFormat: 'qcow2',
      imageApiUseTasks: false,
      floatingIpSource: 'neutron',
      securityGroupSource: 'neutron',
      private: false,
      forceIpv4: false,
      cacheExpiration: { server: 0, port: 0, floatingIp: 0 },
      disableVendorAgent: {},
      sdkMetricsPrefix: null,
      services: {
        compute: { enabled: true, interfaces: ['public'], endpointOverride: null, defaultMicroversion: null },
      },
    });
  });

  it("[BUILDER 164] image_format is the provider's format", async () => {
    expect((await accessOf(entry('image_format: vhd'))).imageFormat).toBe('vhd');
  });

  it('dashes in keys equal underscores', async () => {
    const cloud = await accessOf(entry('image-api-use-tasks: true', 'floating-ip-source: None', 'api-timeout: 30'));
    expect(cloud).toMatchObject({ imageApiUseTasks: true, floatingIpSource: null, apiTimeout: 30 });
  });

  it.each([
    ['verify: false', { verify: false }],
    ['insecure: true', { verify: false }],
    ['insecure: "True"', { verify: false }],
    ['verify: /etc/ca.pem', { verify: true, cacert: '/etc/ca.pem' }],
    [
      '{cacert: ~/ca.pem, cert: /c.pem, key: /k.pem}',
      { cacert: '/home/someone/ca.pem', cert: '/c.pem', key: '/k.pem' },
    ],
  ])('TLS: %s', async (line, expected) => {
    const lines = line.startsWith('{') ? line.slice(1, -1).split(', ') : [line];
    expect((await accessOf(entry(...lines))).tls).toMatchObject(expected);
  });

  it('networks carry their flags', async () => {
    const cloud = await accessOf(
      entry(
        'networks:',
        '  - {name: public, routes_externally: true, nat_source: true}',
        '  - {name: six, routes-ipv6-externally: true}',
        '  - {name: inner, nat_destination: true, default_interface: true}',
      ),
    );
    const none = { natSource: false, natDestination: false, defaultInterface: false };
    expect(cloud.networks).toEqual([
      { ...none, name: 'public', routesIpv4Externally: true, routesIpv6Externally: true, natSource: true },
      { ...none, name: 'six', routesIpv4Externally: false, routesIpv6Externally: true },
      {
        ...none,
        name: 'inner',
        routesIpv4Externally: false,
        routesIpv6Externally: false,
        natDestination: true,
        defaultInterface: true,
      },
    ]);
  });

  it('services have interfaces, versions and addresses of their own', async () => {
    const { services } = await accessOf(
      entry(
        'interface: internalURL',
        'image_interface: [public, internal]',
        'compute_api_version: "2.53"',
        'volume_api_version: 3',
        'network_endpoint_override: "https://{region_name}.example.org:9696"',
        'block_storage_service_type: volumev9',
        'has_object_store: false',
        'region_name: north',
      ),
    );
    expect(services.compute).toMatchObject({ interfaces: ['internal'], defaultMicroversion: '2.53' });
    expect(services.image.interfaces).toEqual(['public', 'internal']);
    expect(services.volume).toMatchObject({ apiVersion: '3', type: 'volumev9', defaultMicroversion: null });
    expect(services.network.endpointOverride).toBe('https://north.example.org:9696');
    expect(services['object-store'].enabled).toBe(false);
    expect((await accessOf(entry('endpoint_type: adminURL'))).services.compute.interfaces).toEqual(['admin']);
  });

  it('a cache of the file, or of the cloud, says how long lists are good', async () => {
    const own = await accessOf(entry('cache: {expiration: {server: 2}}'));
    expect(own.cacheExpiration).toEqual({ server: 2, port: 5, floatingIp: 5 });
    const common = await accessOf(`cache: {expiration: {server: 7, floating-ip: 0}}\n${entry()}`);
    expect(common.cacheExpiration).toEqual({ server: 7, port: 5, floatingIp: 0 });
    const both = await accessOf(
      `cache: {expiration: {server: 7, port: 8}}\n${entry('cache: {expiration: {server: 2}}')}`,
    );
    expect(both.cacheExpiration).toEqual({ server: 2, port: 8, floatingIp: 5 });
  });

  it('IPv4 can be forced in four ways', async () => {
    expect((await accessOf(`client: {force_ipv4: true}\n${entry()}`)).forceIpv4).toBe(true);
    expect((await accessOf(entry('force_ipv4: true'))).forceIpv4).toBe(true);
    expect((await accessOf(entry(), { env: { OS_FORCE_IPV4: 'true' } })).forceIpv4).toBe(true);
    expect((await accessOf(entry(), { env: { OS_PREFER_IPV6: 'false' } })).forceIpv4).toBe(true);
  });

  it('metrics under the names of the SDK are for those who ask', async () => {
    expect((await accessOf(`metrics: {statsd: {host: h}}\n${entry()}`)).sdkMetricsPrefix).toBe('openstack.api');
    expect((await accessOf(entry('metrics: {statsd: {prefix: mine}}'))).sdkMetricsPrefix).toBe('mine');
  });
});

describe('signing in', () => {
  it.each([
    [
      'a user by name, a project by name, each in a domain',
      'username: u, password: p, project_name: q, user_domain_name: D, project_domain_id: e',
      {
        kind: 'password',
        user: { id: null, name: 'u', domain: { id: null, name: 'D' } },
        scope: { kind: 'project', id: null, name: 'q', domain: { id: 'e', name: null } },
      },
    ],
    [
      'one domain for both',
      'username: u, password: p, tenant_name: q, domain_name: D',
      { user: { domain: { name: 'D' } }, scope: { name: 'q', domain: { name: 'D' } } },
    ],
    [
      'no domain at all',
      'username: u, password: p, tenant_id: 7',
      { user: { domain: { id: 'default' } }, scope: { id: '7' } },
    ],
    [
      'the domain of last resort',
      'username: u, password: p, project_name: q, default_domain_name: D',
      { user: { domain: { name: 'D' } }, scope: { domain: { name: 'D' } } },
    ],
    [
      'a domain without a project',
      'user_id: u, password: p, domain_id: d',
      { scope: { kind: 'domain', domain: { id: 'd' } } },
    ],
    ['the whole system', 'user_id: u, password: p, system_scope: all', { scope: { kind: 'system' } }],
    ['nothing', 'user_id: u, password: p', { scope: { kind: 'unscoped' } }],
    ['a token', 'token: t, project_id: q', { kind: 'token', scope: { kind: 'project', id: 'q' } }],
    [
      'an application credential by id',
      'application_credential_id: a, application_credential_secret: s',
      { kind: 'application-credential', id: 'a' },
    ],
  ])('with %s', async (_what, auth, expected) => {
    expect(await authOf(`${URL}, ${auth}`)).toMatchObject(expected);
  });

  it.each([
    ['v3password', 'username: u, password: p', { kind: 'password', version: 3 }],
    ['v2password', 'username: u, password: p', { kind: 'password', version: 2 }],
    ['v3token', 'token: t', { kind: 'token', version: 3 }],
    ['v2token', 'auth_token: t', { kind: 'token', version: 2 }],
    ['token_endpoint', 'token: t, endpoint: "http://nova"', { kind: 'fixed', endpoint: 'http://nova' }],
    ['admin_token', 'token: t, endpoint: "http://nova"', { kind: 'fixed' }],
    ['none', 'endpoint: "http://nova"', { kind: 'fixed', token: null }],
    ['"None"', 'endpoint: "http://nova"', { kind: 'fixed', token: null }],
    [
      'v3applicationcredential',
      'application_credential_name: n, application_credential_secret: s, username: u, user_domain_name: D',
      { kind: 'application-credential', id: null, name: 'n', user: { name: 'u', domain: { name: 'D' } } },
    ],
  ])('auth_type: %s', async (type, auth, expected) => {
    expect(await authOf(`${URL}, ${auth}`, `auth_type: ${type}`)).toMatchObject(expected);
  });

  it('project and domain beside auth go before those in it', async () => {
    const auth = await authOf(`${URL}, username: u, password: p, project_name: inner`, 'project_name: outer');
    expect(auth).toMatchObject({ scope: { name: 'outer' } });
  });

  it('the environment makes a cloud', async () => {
    const env = {
      OS_AUTH_URL: 'https://id.example.org',
      OS_USERNAME: 'u',
      OS_PASSWORD: 'p',
      OS_PROJECT_NAME: 'q',
      OS_USER_DOMAIN_NAME: 'D',
      OS_REGION_NAME: 'north',
      OS_CACERT: '/ca.pem',
      OS_INTERFACE: 'internal',
      OS_IDENTITY_API_VERSION: '3',
    };
    expect(await accessOf('', { env, cloud: 'envvars' })).toMatchObject({
      region: 'north',
      auth: { kind: 'password', version: 3, user: { name: 'u' }, scope: { name: 'q' } },
      tls: { cacert: '/ca.pem' },
      services: { compute: { interfaces: ['internal'] } },
    });
    expect(await refusal(entry(), { env: { ...env, OS_CLOUD_NAME: 'x' } })).toBe(
      `${FILE}: cloud x: the environment (OS_*) makes a cloud of the same name; rename one of them`,
    );
  });

  it('secrets never show, however the cloud is printed', async () => {
    const cloud = await accessOf(entry());
    for (const text of [JSON.stringify(cloud), inspect(cloud, { depth: null, showHidden: true })]) {
      expect(text).not.toContain('hunter2');
    }
    expect(cloud.auth.kind === 'password' && `${cloud.auth.password.toString()}`).toBe('[redacted]');
    expect(cloud.auth.kind === 'password' && cloud.auth.password.reveal()).toBe('hunter2');
  });
});

describe('vendors', () => {
  it('every profile gives an address in every region', async () => {
    for (const [vendor, profile] of Object.entries(VENDOR_PROFILES)) {
      const regions = (profile['regions'] as readonly (string | { name: string })[] | undefined) ?? [];
      const names = regions.map((region) => (typeof region === 'string' ? region : region.name));
      for (const region of names.length > 0 ? names : ['somewhere']) {
        const text = `clouds: {x: {profile: ${vendor}, region_name: ${region}, auth: {username: u, password: p}}}`;
        const { auth } = await accessOf(text);
        expect(auth.kind !== 'fixed' && auth.url, vendor).toMatch(/^https:\/\/[a-zA-Z0-9.-]+(:\d+)?(\/|$)[a-z0-9./]*$/);
      }
    }
  });

  it('values of a region apply when the entry names the region', async () => {
    const text = 'clouds: {x: {profile: infomaniak, region_name: dc4-a, auth: {username: u, password: p}}}';
    expect(await accessOf(text)).toMatchObject({
      region: 'dc4-a',
      auth: { url: 'https://api.pub2.infomaniak.cloud/identity/v3', user: { domain: { name: 'Default' } } },
    });
  });

  it('clouds-public.yaml goes before what we know', async () => {
    const files = {
      '/etc/openstack/clouds-public.yaml': 'public-clouds: {ovh: {auth: {auth_url: "https://mine.example.org"}}}',
    };
    const { auth } = await accessOf('clouds: {x: {profile: ovh, auth: {username: u, password: p}}}', { files });
    expect(auth).toMatchObject({ url: 'https://mine.example.org' });
  });

  it.each([
    ['internap', 'profile: the cloud internap does not exist any more'],
    ['"https://vendor.example.org"', 'profile: profiles are not fetched from the net; write auth.auth_url'],
    ['nobody', 'profile: nobody is not known; known are auro, binero'],
  ])('profile: %s is refused', async (profile, said) => {
    const text = `clouds: {x: {profile: ${profile}, auth: {username: u, password: p}}}`;
    expect(await refusal(text)).toContain(`${FILE}: cloud x: ${said}`);
  });

  it('an unknown profile does no harm where it is not needed', async () => {
    expect((await accessOf(entry('profile: nobody'))).auth).toMatchObject({ kind: 'password' });
  });
});

describe('what is wrong is said with file, cloud and key', () => {
  it.each([
    ['clouds: {y: {}}', `Cloud x was not found; add it to ${FILE}, which has: y; did you mean y?`],
    ['clouds: {x: 7}', `${FILE}: clouds: expected a dictionary of clouds`],
    [
      'clouds: {x: {auth: {username: u, password: p}}}',
      `${FILE}: cloud x: auth.auth_url: required: the address of the identity service`,
    ],
    [
      'clouds: {x: {auth: {auth_url: "id.example.org", username: u, password: p}}}',
      `${FILE}: cloud x: auth.auth_url: expected an address like https://host:5000/v3`,
    ],
    [
      'clouds: {x: {profile: cleura, auth: {username: u, password: p}}}',
      `${FILE}: cloud x: auth.auth_url: the address depends on region_name, which is not set`,
    ],
    ['clouds: {x: {auth: [a]}}', 'auth: expected a map of keys'],
    [entry('auth_type: v3oidcpassword'), 'auth_type: v3oidcpassword is not supported; supported are password'],
    [
      `clouds: {x: {auth: {${URL}, username: u, password: 0123}}}`,
      'auth.password: expected a text: put it between quotes',
    ],
    [`clouds: {x: {auth: {${URL}, username: u}}}`, 'auth.password: required; it may stand in secure.yaml'],
    [`clouds: {x: {auth_type: v3token, auth: {${URL}}}}`, 'auth.token: required'],
    [
      `clouds: {x: {auth: {${URL}, application_credential_name: n, application_credential_secret: s}}}`,
      'auth.username: required with application_credential_name',
    ],
    [entry('interface: outer'), 'interface: expected public, internal or admin'],
    [entry('verify: maybe'), 'verify: expected true or false'],
    [entry('api_timeout: soon'), 'api_timeout: expected a number of seconds'],
    [entry('key: /k.pem'), 'key: there is no cert to go with it'],
    [entry('networks: [{routes_externally: true}]'), 'networks[0].name: required'],
    [entry('networks: [a]'), 'networks[0]: expected a map with name and flags'],
    [
      entry('networks: [{name: a, nat_destination: true}, {name: b, nat_destination: true}]'),
      'networks: nat_destination can be true for one network only, not for both a and b',
    ],
    [entry('floating_ip_source: moon'), 'floating_ip_source: expected neutron, nova or None'],
    [entry('compute_endpoint_override: nova'), 'compute_endpoint_override: expected an address'],
    [`cache: {expiration: {server: often}}\n${entry()}`, 'cache.expiration.server: expected a number of seconds'],
  ])('%s', async (text, said) => {
    expect(await refusal(text)).toContain(said);
  });

  it('a region that the cloud does not have', async () => {
    expect(await refusal(entry('regions: [north, south]'), { region: 'west' })).toBe(
      `${FILE}: cloud x: there is no region west; its regions: north, south`,
    );
    expect(await refusal(entry('region_name: north'), { region: 'west' })).toContain('its regions: north');
  });

  it('no file at all', async () => {
    const directory = new FileCloudDirectory({ files: new MemoryFiles(), env: {}, cwd: '/', home: '/root', readYaml });
    await expect(directory.access('x', null)).rejects.toThrow('there is no clouds.yaml: /etc/openstack/clouds.yaml');
  });

  it('everything at once', async () => {
    const said = await refusal('clouds: {x: {auth: {}, verify: 9, networks: 7}}');
    expect(said.match(/cloud x: /g)).toHaveLength(5);
  });
});
