import { connect } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../support/daemon-build.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { freePort } from '../support/zookeeper-server.js';

const EXAMPLE = join(ROOT, 'examples/quickstart.yaml');

let world: DaemonWorld;
beforeEach(async () => {
  world = await DaemonWorld.open('quickstart');
});
afterEach(() => world.close());

/** The example, changed by plain replacement. */
async function example(...replacements: readonly (readonly [string, string])[]): Promise<void> {
  let text = await readFile(EXAMPLE, 'utf8');
  for (const [what, by] of replacements) {
    if (!text.includes(what)) throw new Error(`the example does not contain ${what}`);
    text = text.replaceAll(what, by);
  }
  await world.configure(text);
}

describe('nodepool-standalone --demo --once', () => {
  it('does the main job, tells of it step by step and exits with 0', async () => {
    const standalone = world.start('nodepool-standalone', ['--demo', '--once']);
    expect(await standalone.ending()).toEqual({ code: 0, signal: null });
    const steps = [
      'Nodepool is starting: 2 providers, 2 labels, 1 image',
      'image debian is being built',
      'image debian is built (qcow2)',
      'image debian is being uploaded to cloud-one',
      'image debian can be booted in cloud-one',
      'of quickstart asks for debian-small, debian-large',
      'of quickstart is being served: debian-small, debian-large',
      'of quickstart is fulfilled: nodes',
      'The main job is done',
    ];
    const places = steps.map((step) => standalone.stdout.indexOf(step));
    expect(places, standalone.stdout).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    for (const step of ['is ready at', 'is in use', 'was given back', 'is gone']) {
      expect(standalone.lines(new RegExp(`node \\d+ .*${step}`)).length, step).toBeGreaterThanOrEqual(2);
    }
    expect(standalone.stderr).toBe('');
  });

  it('goes on where it ended, does not build again, and says so [C24]', async () => {
    const args = ['--demo', '--once'];
    expect(await world.start('nodepool-standalone', args).ending()).toEqual({ code: 0, signal: null });
    const second = world.start('nodepool-standalone', args);
    expect(await second.ending()).toEqual({ code: 0, signal: null });
    expect(second.stdout).toMatch(/going on where it ended: 1 image build and \d+ nodes? in \.quickstart\/store/);
    expect(second.stdout).not.toContain('is being built');
    expect(second.stdout).toContain('The main job is done');
    expect(second.stderr).toBe('');
  });

  it('exits with 1 when the request fails, and says why [C18]', async () => {
    await example(['    cloud: fake\n', '    cloud: fake\n    fake: {failures: [{call: create}]}\n']);
    const standalone = world.start('nodepool-standalone', ['--demo', '--once', '-c', world.configFile]);
    expect(await standalone.ending()).toEqual({ code: 1, signal: null });
    expect(standalone.stdout).toMatch(
      /of quickstart cannot be served: .*\n.* because LAUNCH_FAILED node \d+ could not be launched in \d+ attempts: \S+/,
    );
    expect(standalone.stderr).toBe('The main job was not done: the request for debian-small, debian-large is failed\n');
  });

  it('exits with 1 when the job takes longer than its patience', async () => {
    await example(['    cloud: fake\n', '    cloud: fake\n    fake: {upload-time: 300}\n']);
    const args = ['--demo', '--once', '--patience', '2', '-c', world.configFile];
    const standalone = world.start('nodepool-standalone', args);
    expect(await standalone.ending()).toEqual({ code: 1, signal: null });
    expect(standalone.stderr).toBe('The main job was not done: it was not done within 2 s\n');
  });

  it('exits with 1 and one clear error when the configuration is broken', async () => {
    await example(['max-servers: 4', 'max-servers: many']);
    const standalone = world.start('nodepool-standalone', ['--demo', '--once', '-c', world.configFile]);
    expect(await standalone.ending()).toEqual({ code: 1, signal: null });
    expect(standalone.stderr).toMatch(/^nodepool-standalone: .*nodepool\.yaml:31:22: .*max-servers: expected int/);
  });
});

describe('nodepool-standalone --demo', () => {
  it('goes on with its web interface until Ctrl-C, which ends it with 0', async () => {
    const port = await freePort();
    await example(['port: 8005', `port: ${port}`]);
    const standalone = world.start('nodepool-standalone', ['--demo', '-c', world.configFile]);
    await standalone.says(/The main job is done/);
    await standalone.says(/Nodepool goes on running/);
    const url = `http://127.0.0.1:${port}`;
    expect(standalone.output).toContain(`${url}/ with a browser`);
    const ready = await fetch(`${url}/ready`);
    expect([ready.status, await ready.text()]).toEqual([200, 'OK']);
    const nodes = await world.until('the min-ready node shows in the web', async () => {
      const answer = await fetch(`${url}/node-list`, { headers: { accept: 'application/json' } });
      const list = (await answer.json()) as object[];
      return list.length === 1 && list;
    });
    expect(nodes).toMatchObject([{ state: 'ready', label: ['debian-small'] }]);
    // A visitor that says nothing must not delay the end.
    const visitor = connect(port, '127.0.0.1').on('error', () => undefined);
    expect(await standalone.stop(15)).toEqual({ code: 0, signal: null });
    visitor.destroy();
    expect(standalone.stderr).toBe('');
  });

  it('ends with 0 on Ctrl-C in the middle of the job too', async () => {
    await example(['    cloud: fake\n', '    cloud: fake\n    fake: {upload-time: 300}\n'], ['port: 8005', 'port: 0']);
    const standalone = world.start('nodepool-standalone', ['--demo', '-c', world.configFile]);
    await standalone.says(/is being uploaded/);
    expect(await standalone.stop(15)).toEqual({ code: 0, signal: null });
    expect(standalone.stderr).toBe('');
  });
});
