import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { caseText } from '../support/cases.js';
import { driverCode } from '../unit/plugins/plugin-files.js';
import { withoutClient } from '../support/daemon-needs.js';
import type { Daemon } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';
import type { ZuulClient } from '../support/daemon-zuul-client.js';
import { ZooKeeperServer, freePort } from '../support/zookeeper-server.js';

/** The tests below are one story, told in order. */
describe.skipIf(withoutClient())('[A6] one provider with a driver that is not there [CASE mixed-drivers.yaml]', () => {
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  let zuul: ZuulClient;
  let launcher: Daemon;
  let address: string;
  let config: { readonly providers: { readonly pools: object[] }[] };

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
    world = await DaemonWorld.open('mixed', server.address);
    const [port, builderPort] = [await freePort(), await freePort()];
    address = `http://127.0.0.1:${port}`;
    zuul = await world.client();
    config = {
      ...(parse(caseText('mixed-drivers.yaml')) as typeof config),
      ...world.basics(),
      webapp: { port, listen_address: '127.0.0.1', builder_port: builderPort },
    } as never;
    await world.configure(config);
    launcher = world.launcher();
    await launcher.says(/The launcher runs/);
  });
  afterAll(async () => {
    await world?.close();
    await server?.stop();
  });

  it('the launcher starts and serves the others', async () => {
    await zuul.answer(await zuul.submit(['small']), ['fulfilled']);
  });

  it('the builder starts', async () => {
    await world.builder('--fake').says(/The builder runs/);
  });

  it('the log says why, once', () => {
    expect(launcher.lines(/azure: unknown driver/).filter((line) => line.includes('WARN'))).toHaveLength(1);
    expect(launcher.lines(/ERROR .*could not be started/)).toHaveLength(1);
  });

  it('a request for its label waits, and is told why', async () => {
    const id = await zuul.submit(['pod']);
    await world.until('it is explained', async () => {
      const said = await world.nodepool('explain', 'request', id, '--launcher', address);
      return said.includes('PROVIDER_NOT_READY provider cluster cannot be used: azure: unknown driver');
    });
  });

  it('the metric names it', async () => {
    const page = await world.until('it is there', async () => {
      const text = await (await fetch(`${address}/metrics`)).text();
      return text.includes('nodepool_provider_out_of_service') && text;
    });
    expect(page).toContain('nodepool_provider_out_of_service{provider="cluster"} 1\n');
    expect(page).toContain('nodepool_provider_out_of_service{provider="cloud-one"} 0\n');
  });

  it('commands neither mind nor mention it', async () => {
    for (const command of ['list', 'request-list', 'image-list', 'dib-image-list', 'image-status']) {
      const run = world.start('nodepool', ['-c', world.configFile, command]);
      expect((await run.ending()).code, run.output).toBe(0);
      expect(run.output).not.toContain('azure');
    }
  });

  it('config-validate names it, and ends with 1', async () => {
    const run = world.start('nodepool', ['-c', world.configFile, 'config-validate']);
    expect((await run.ending()).code).toBe(1);
    expect(run.output).toContain('providers[1].driver: azure: unknown driver');
  });

  it('later changes of the file are taken up', async () => {
    const [one] = config.providers;
    await world.configure({ ...config, providers: [{ ...one, name: 'cloud-three' }, ...config.providers.slice(1)] });
    await launcher.says(/The configuration has changed/);
    await zuul.answer(await zuul.submit(['small']), ['fulfilled']);
  });

  it('comes into service when a package brings the driver, without a restart', async () => {
    await writeFile(join(world.folder, 'azure.mjs'), 'throw new Error("not yet")');
    const [one, cluster, two] = config.providers;
    const label = { name: 'pod', 'cloud-image': 'img', plan: 'small' };
    const mended = {
      ...cluster,
      module: './azure.mjs',
      url: 'http://127.0.0.1',
      'cloud-images': [{ name: 'img' }],
      pools: [{ name: 'main', labels: [label] }],
    };
    await world.configure({ ...config, providers: [one, mended, two] });
    await launcher.says(/cannot be loaded: Error: not yet/);
    await writeFile(join(world.folder, 'azure.mjs'), driverCode('azure'));
    await world.until('the metric says so', async () => {
      const text = await (await fetch(`${address}/metrics`)).text();
      return text.includes('nodepool_provider_out_of_service{provider="cluster"} 0\n');
    });
  });
});
