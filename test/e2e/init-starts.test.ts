import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DaemonWorld } from '../support/daemon-world.js';
import { FakeOpenStack } from '../support/fake-openstack.js';
import { freePort } from '../support/zookeeper-server.js';

const CLOUDS = (authUrl: string): string => `clouds:
  mycloud:
    region_name: RegionOne
    auth: {auth_url: '${authUrl}', username: ci, password: secret, project_name: ci, user_domain_name: Default, project_domain_name: Default}
`;
/** With a label of which a machine can be had here: the cloud has no image `debian-12`, the test hypervisor no machines. */
const KINDS: readonly (readonly [string, string | null])[] = [
  ['openstack', null],
  ['static', 'this-machine'],
  ['fake', 'small'],
  ...(existsSync('/usr/bin/virsh') ? [['libvirt', null] as const] : []),
];

describe('what nodepool init has written', () => {
  let world: DaemonWorld;
  let cloud: FakeOpenStack;
  let env: NodeJS.ProcessEnv;

  beforeEach(async () => {
    world = await DaemonWorld.open('init');
    cloud = await FakeOpenStack.start();
    writeFileSync(path.join(world.folder, 'clouds.yaml'), CLOUDS(cloud.authUrl));
    // An image that takes its time.
    const bin = path.join(world.folder, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'disk-image-create'), '#!/bin/sh\nexec sleep 600\n');
    chmodSync(path.join(bin, 'disk-image-create'), 0o755);
    env = {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      LIBVIRT_DEFAULT_URI: 'test:///default',
      OS_CLIENT_CONFIG_FILE: path.join(world.folder, 'clouds.yaml'),
    };
  });
  afterEach(async () => {
    await world.close();
    await cloud.stop();
  });

  /** Writes a configuration; ports that others may have here are changed. Answers the URL of the lease API, and the token. */
  async function init(kind: string): Promise<{ readonly api: string; readonly web: string; readonly token: string }> {
    const command = world.start('nodepool', ['init', kind], env);
    expect(await command.ending()).toMatchObject({ code: 0 });
    const [api, web] = [await freePort(), await freePort()];
    const text = readFileSync(world.configFile, 'utf8');
    expect(text).toContain('port: 8006');
    expect(text).toContain('port: 8005');
    writeFileSync(world.configFile, text.replace('port: 8006', `port: ${api}`).replace('port: 8005', `port: ${web}`));
    const token = /np_[\w-]{43}/.exec(command.stdout)?.[0] ?? '';
    return { api: `http://127.0.0.1:${api}`, web: `http://127.0.0.1:${web}`, token };
  }

  it.each(KINDS)('for %s starts as it is, gets its provider, and lets the first token in', async (kind, label) => {
    const { api, web, token } = await init(kind);
    const secure = path.join(world.folder, 'secure.yaml');
    const daemon = world.start('nodepool-standalone', ['-d', '-c', world.configFile, '-s', secure], env);
    await daemon.says(/Launcher and builder run/);
    await daemon.says(/nodepool\.provider\.(this-host|cloud|machines|fake-cloud): start is done/);
    expect((await fetch(`${web}/ready`)).status).toBe(200);
    const leases = (headers: Record<string, string>): Promise<Response> => fetch(`${api}/api/v1/leases`, { headers });
    expect((await leases({ authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await leases({})).status).toBe(401);
    if (label !== null) {
      const words = ['--url', api, 'lease', label, '--format', 'json'];
      const command = world.start('nodepool', words, { NODEPOOL_TOKEN: token });
      expect(await command.ending()).toMatchObject({ code: 0 });
      expect(JSON.parse(command.stdout)).toMatchObject({ state: 'active', nodes: [{ label }] });
    }
    // The end of a build in the middle is told as an error.
    expect(daemon.output).not.toMatch(/ (ERROR|WARNING) /);
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  });
});
