import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutClient } from '../support/daemon-needs.js';
import type { Daemon } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';
import type { ZuulClient } from '../support/daemon-zuul-client.js';
import { ZooKeeperServer, freePort } from '../support/zookeeper-server.js';

/** The tests below are one story, told in order. */
describe.skipIf(withoutClient())('why does my request wait?', () => {
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  let zuul: ZuulClient;
  let launcher: Daemon;
  let address: string;
  let waiting: string;

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
    world = await DaemonWorld.open('explain', server.address);
    const port = await freePort();
    address = `http://127.0.0.1:${port}`;
    zuul = await world.client();
    await world.configure({
      ...world.basics(),
      webapp: { port, listen_address: '127.0.0.1' },
      labels: [{ name: 'small' }],
      providers: [
        {
          name: 'cloud',
          driver: 'fake',
          cloud: 'fake',
          'cloud-images': [{ name: 'debian' }],
          pools: [
            { name: 'main', 'max-servers': 1, labels: [{ name: 'small', 'cloud-image': 'debian', 'min-ram': 2048 }] },
          ],
        },
      ],
    });
    launcher = world.launcher();
    await launcher.says(/The launcher runs/);
    const first = await zuul.submit(['small']);
    await zuul.answer(first);
    await zuul.accept(first);
    waiting = await zuul.submit(['small']);
    await zuul.answer(waiting, ['pending']);
  });
  afterAll(async () => {
    await world?.close();
    await server?.stop();
  });

  const reason = 'QUOTA_POOL instances used 1 limit 1 need 1: the limit of pool cloud/main';

  it('a command that succeeds says nothing on the standard error [C20]', async () => {
    const list = world.start('nodepool', ['-c', world.configFile, 'list']);
    expect(await list.ending()).toEqual({ code: 0, signal: null });
    expect(list.stderr).toBe('');
    const debug = world.start('nodepool', ['-c', world.configFile, '--debug', 'list']);
    await debug.ending();
    expect(debug.stderr).toContain('INFO');
  });

  it('the command line asks the launcher it is told of', async () => {
    const text = await world.until('it is explained', async () => {
      const said = await world.nodepool('explain', 'request', waiting, '--launcher', address);
      return said.includes(reason) && said;
    });
    expect(text).toMatch(
      /^will be served when: .*\nrequest \S+\n {2}state: pending since [\d:]+, locked\n {2}labels: small\n/,
    );
    expect(text).toMatch(/\n {2}\S+PoolWorker\.cloud-main\S+: wait, since [\d:]+\n {4}QUOTA_POOL /);
    expect(text).toContain('what helps: a node of pool cloud/main is given back, or its limit of instances is raised');
  });

  it('the web says the same to programs', async () => {
    const answer = await fetch(`${address}/explain/request/${waiting}`, { headers: { accept: 'application/json' } });
    expect(await answer.json()).toMatchObject({
      subject: { kind: 'request', id: waiting },
      state: { state: 'pending', node_types: ['small'] },
      deciders: [{ verdict: 'wait', reasons: [{ code: 'QUOTA_POOL', facts: { used: 1, limit: 1, need: 1 } }] }],
    });
  });

  it('the log says it once, however often it is decided', () => {
    const lines = launcher.lines(new RegExp(`request ${waiting}: wait: QUOTA_POOL`));
    expect(lines).toHaveLength(1);
  });

  it('nodes and labels are explained too', async () => {
    const [node = ''] = Object.keys(await zuul.nodes());
    const text = await world.nodepool('explain', 'node', node, '--launcher', address);
    expect(text).toMatch(/: ready, since [\d:]+\n {4}LAUNCHED ready after /);
    expect(await world.nodepool('explain', 'label', 'small', '--launcher', address)).toContain('min-ready: 0\n');
  });

  it('without a launcher that answers the records speak', async () => {
    await launcher.kill();
    const text = await world.nodepool('explain', 'request', waiting, '--launcher', address);
    expect(text).toContain('labels: small\n');
    expect(text).toContain(`launcher ${address} does not answer: `);
    expect(text).toContain('No launcher answered; this is what the records say alone.\n');
  });
});
