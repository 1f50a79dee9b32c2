// Records answers of a real OpenStack for the unit tests: node scripts/record-openstack.mjs FOLDER, where FOLDER is that of a cloud
// that ../shared/openstack brought up. Works in the project `tiny`, which is left as it was. Host names, ports, paths and ids of
// accounts are replaced; tokens and passwords are never written.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './lib/steps.mjs';

const folder = process.argv[2] ?? process.env.OSCLOUD_DIR;
if (!folder) throw new Error('usage: node scripts/record-openstack.mjs FOLDER');
const { clouds } = parse(readFileSync(path.join(folder, 'clouds.yaml'), 'utf8'), { merge: true });
const OUT = path.join(ROOT, 'test/unit/openstack/recorded');
const undo = [];

async function signIn(cloud, project) {
  const { auth } = clouds[cloud];
  const domain = { name: 'Default' };
  const user = { name: auth.username, password: auth.password, domain };
  const answer = await fetch(`${auth.auth_url}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: { identity: { methods: ['password'], password: { user } }, scope: { project: { name: project, domain } } },
    }),
  });
  if (answer.status !== 201) throw new Error(`signing in as ${auth.username} answered ${answer.status}`);
  const { token } = await answer.json();
  const urls = Object.fromEntries(
    token.catalog.map(({ type, endpoints }) => [type, endpoints.find((one) => one.interface === 'public').url]),
  );
  const secret = answer.headers.get('x-subject-token');
  const call = async (service, method, below, body, microversion = '2.69') => {
    const base =
      service === 'network' ? `${urls.network}/v2.0` : service === 'image' ? `${urls.image}/v2` : urls[service];
    const response = await fetch(base + below, {
      method,
      headers: {
        'x-auth-token': secret,
        'content-type': 'application/json',
        ...(service === 'compute' ? { 'openstack-api-version': `compute ${microversion}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? null : JSON.parse(text) };
  };
  return { call, project: token.project.id, user: token.user.id };
}

const demo = await signIn('oscloud', 'tiny');
const admin = await signIn('oscloud-admin', 'admin');

function scrub(text) {
  return text
    .replaceAll(demo.project, 'project-id')
    .replaceAll(demo.user, 'user-id')
    .replaceAll(admin.project, 'admin-project-id')
    .replaceAll(admin.user, 'admin-user-id')
    .replaceAll(path.resolve(folder), '/cloud')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'http://cloud.example.org')
    .replaceAll(/req-[0-9a-f-]{36}/g, 'req-0');
}

async function record(name, service, method, below, body, microversion) {
  const answer = await demo.call(service, method, below, body, microversion);
  const recorded = { call: `${method} ${service} ${below}`, ...(body ? { body } : {}), ...answer };
  writeFileSync(path.join(OUT, `${name}.json`), `${scrub(JSON.stringify(recorded, null, 2))}\n`);
  console.log(`${name}: ${answer.status}`);
  return answer.json;
}

async function must(answer, ...statuses) {
  const { status, json } = await answer;
  if (!statuses.includes(status)) throw new Error(`answered ${status}: ${JSON.stringify(json)}`);
  return json;
}

async function settled(id) {
  for (;;) {
    const { server } = await must(demo.call('compute', 'GET', `/servers/${id}`), 200);
    if (server.status === 'ACTIVE' || server.status === 'ERROR') return server;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function gone(id) {
  await demo.call('compute', 'DELETE', `/servers/${id}`);
  while ((await demo.call('compute', 'GET', `/servers/${id}`)).status === 200) {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function makeNetwork(name, cidr) {
  const { network } = await must(demo.call('network', 'POST', '/networks', { network: { name } }), 201);
  undo.push(() => demo.call('network', 'DELETE', `/networks/${network.id}`));
  const subnet = { name, network_id: network.id, ip_version: 4, cidr };
  const made = await must(demo.call('network', 'POST', '/subnets', { subnet }), 201);
  return { id: network.id, subnet: made.subnet.id };
}

async function boot(name, network, change = {}) {
  const server = { name, imageRef: image, flavorRef: '1', networks: [{ uuid: network }], ...change };
  const made = await must(demo.call('compute', 'POST', '/servers', { server }, '2.1'), 202);
  undo.push(() => gone(made.server.id));
  return settled(made.server.id);
}

mkdirSync(OUT, { recursive: true });
const { images } = await must(demo.call('image', 'GET', '/images?name=probe'), 200);
const image = images[0].id;
try {
  const inside = await makeNetwork('inside', '10.99.0.0/24');
  const { networks } = await must(demo.call('network', 'GET', '/networks?name=public'), 200);
  const gateway = { name: 'recording', external_gateway_info: { network_id: networks[0].id } };
  const { router } = await must(demo.call('network', 'POST', '/routers', { router: gateway }), 201);
  undo.push(() => demo.call('network', 'DELETE', `/routers/${router.id}`));
  const link = { subnet_id: inside.subnet };
  await must(demo.call('network', 'PUT', `/routers/${router.id}/add_router_interface`, link), 200);
  undo.push(() => demo.call('network', 'PUT', `/routers/${router.id}/remove_router_interface`, link));

  await record('limits', 'compute', 'GET', '/limits');
  await record('volume-limits', 'volumev3', 'GET', '/limits');
  await record('flavors', 'compute', 'GET', '/flavors/detail?is_public=None');
  await record('zones', 'compute', 'GET', '/os-availability-zone');
  await record('networks', 'network', 'GET', '/networks');
  await record('subnets', 'network', 'GET', '/subnets');
  await record('image-list', 'image', 'GET', '/images?name=probe');

  const running = await boot('running', inside.id, { metadata: { nodepool_node_id: '0000000001' } });
  const { ports } = await record('ports', 'network', 'GET', `/ports?device_id=${running.id}`);
  const floatingip = { floating_network_id: networks[0].id, port_id: ports[0].id };
  const made = await record('floating-ip-create', 'network', 'POST', '/floatingips', { floatingip });
  undo.push(() => demo.call('network', 'DELETE', `/floatingips/${made.floatingip.id}`));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await record('floating-ip-list', 'network', 'GET', `/floatingips?port_id=${ports[0].id}`);
  await boot('broken', inside.id, { metadata: { 'oscloud:spawn_error': 'no such disk' } });
  await record('server-list', 'compute', 'GET', '/servers/detail');
  await record('server-list-of-old', 'compute', 'GET', '/servers/detail', undefined, '2.1');
  await record('console', 'compute', 'POST', `/servers/${running.id}/action`, {
    'os-getConsoleOutput': { length: null },
  });

  const server = { name: 'refused', imageRef: image, flavorRef: '1', networks: [{ uuid: inside.id }] };
  const refused = (name, change) =>
    record(name, 'compute', 'POST', '/servers', { server: { ...server, ...change } }, '2.1');
  await refused('refused-quota', { min_count: 50, max_count: 50 });
  await refused('refused-unknown-image', { imageRef: '00000000-0000-0000-0000-000000000000' });
  await refused('refused-bad-image', { imageRef: 'not-a-uuid' });
  await refused('refused-unknown-flavor', { flavorRef: 'nosuch' });
  await refused('refused-unknown-key', { key_name: 'nosuch' });
  await refused('refused-unknown-network', { networks: [{ uuid: '00000000-0000-0000-0000-000000000000' }] });
  await refused('refused-unknown-zone', { availability_zone: 'nosuch' });
  await record('server-unknown', 'compute', 'GET', '/servers/00000000-0000-0000-0000-000000000000');

  // A flavor that no host can take, in an account that may have it.
  const quota = { quota_set: { ram: 100_000_000, force: true } };
  await must(admin.call('compute', 'PUT', `/os-quota-sets/${demo.project}`, quota), 200);
  undo.push(() => admin.call('compute', 'DELETE', `/os-quota-sets/${demo.project}`));
  const flavor = { id: 'colossal', name: 'colossal', ram: 50_000_000, vcpus: 1, disk: 1 };
  await must(admin.call('compute', 'POST', '/flavors', { flavor }), 200);
  undo.push(() => admin.call('compute', 'DELETE', '/flavors/colossal'));
  const colossal = await boot('colossal', inside.id, { flavorRef: 'colossal' });
  await record('fault-no-valid-host', 'compute', 'GET', `/servers/${colossal.id}`);

  // A network with one address, which the router's side does not need.
  const narrow = await makeNetwork('narrow', '10.98.0.0/30');
  await boot('first', narrow.id);
  const second = await boot('second', narrow.id);
  await record('fault-no-address', 'compute', 'GET', `/servers/${second.id}`);

  // No floating addresses left: the account may have no more.
  const none = { quota: { floatingip: 1 } };
  await must(admin.call('network', 'PUT', `/quotas/${demo.project}`, none), 200);
  undo.push(() => admin.call('network', 'DELETE', `/quotas/${demo.project}`));
  await record('refused-floating-ip', 'network', 'POST', '/floatingips', { floatingip });
} finally {
  for (const step of undo.reverse()) await step();
}
