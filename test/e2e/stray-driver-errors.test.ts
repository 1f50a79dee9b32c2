import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DaemonWorld } from '../support/daemon-world.js';
import { driverCode } from '../unit/plugins/plugin-files.js';

let world: DaemonWorld;
beforeEach(async () => {
  world = await DaemonWorld.open('stray');
  await world.configure({
    'images-dir': world.imagesDir,
    webapp: { port: 0, listen_address: '127.0.0.1' },
    labels: [{ name: 'small' }],
    providers: [
      {
        name: 'careless',
        driver: 'acme',
        module: './driver.mjs',
        url: 'none',
        'cloud-images': [{ name: 'debian' }],
        pools: [
          {
            name: 'main',
            'max-servers': 2,
            'host-key-checking': false,
            labels: [{ name: 'small', 'cloud-image': 'debian', plan: 'p1' }],
          },
        ],
      },
    ],
  });
});
afterEach(() => world.close());

describe('errors that nobody waits for', () => {
  const run = async (code: string): Promise<{ readonly code: number | null; readonly output: string }> => {
    await writeFile(join(world.folder, 'driver.mjs'), code);
    const args = ['--demo', '--config', world.configFile, '--once', '--log', '--patience', '30'];
    const daemon = world.start('nodepool-standalone', args);
    const { code: status } = await daemon.ending(60);
    return { code: status, output: daemon.output };
  };

  it('are named and contained if a driver left them, in promises and in timers', async () => {
    const careless = driverCode('acme').replace(
      'create: async (spec) =>',
      `create: async (spec) => {
        void Promise.reject(new Error('floating'));
        setTimeout(() => { throw new Error('from a timer'); }, 1);
        return 'vm-' + spec.nodeId;
      },
      never: async (spec) =>`,
    );
    const { code, output } = await run(careless);
    expect(code, output).toBe(0);
    expect(output).toMatch(/The driver acme misbehaves: create left an error that nobody caught: Error: floating/);
    expect(output).toContain('The main job is done');
  });

  it("end the process as ever if they are nobody's", async () => {
    const outside = driverCode('acme', '', "setTimeout(() => { throw new Error('of the module itself'); }, 500);");
    const { code, output } = await run(
      outside.replace('create: async (spec) =>', 'create: () => new Promise(() => {}), never: async (spec) =>'),
    );
    expect(code, output).toBe(1);
    expect(output).toContain('of the module itself');
  });
});
