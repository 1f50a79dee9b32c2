import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openStackLabelSettings, openStackProviderSettings } from '../../../src/domain/config/openstack.js';
import { connectionString, load, only, optionsFor, validate, warningsOf } from './config-harness.js';
import { loadConfig } from '../../../src/adapters/config-yaml/load-config.js';

const text = readFileSync(new URL('../../fixtures/config/worked-example.yaml', import.meta.url), 'utf8');

describe('the worked example (BUILDER appendix A)', () => {
  it('loads with every value in its place', async () => {
    const config = await load(text);
    expect(config).toMatchObject({
      elementsDir: '/etc/nodepool/elements',
      imagesDir: '/opt/nodepool/images',
      buildLogDir: '/var/log/nodepool/builds',
      buildLogRetention: 1,
    });
    expect(only(config.labels)).toEqual({ name: 'fake-label', minReady: 1, maxReadyAge: 0 });
    expect(only(config.diskImages)).toMatchObject({
      elements: ['fedora', 'vm'],
      release: '21',
      envVars: { TMPDIR: '/opt/dib_tmp' },
      formats: ['qcow2'],
    });
    const provider = only(config.providers);
    expect(provider).toMatchObject({ driver: 'fake', managesImages: true, imageFormat: 'qcow2' });
    expect(openStackProviderSettings(provider)).toMatchObject({
      cloud: 'fake',
      regionName: 'fake-region',
      rate: 0.0001,
    });
    expect(only(provider.diskImages).meta).toEqual({ key: 'value' });
    const pool = only(provider.pools);
    expect(pool).toMatchObject({ maxServers: 96, limits: { instances: 96 }, priority: 100 });
    expect(only(pool.labels).image).toEqual({ kind: 'diskimage', name: 'fake-image' });
    expect(openStackLabelSettings(only(pool.labels)).minRam).toBe(8192);
  });

  it('connects to the server below its chroot', async () => {
    const { zookeeper } = await load(text);
    expect(zookeeper && connectionString(zookeeper)).toBe('zk1.example.org:2181/np');
  });

  it('passes validation without a word', async () => {
    expect(await validate(text)).toEqual([]);
    expect(await warningsOf(text)).toEqual([]);
    expect((await loadConfig(optionsFor(text))).warnings).toEqual([]);
  });
});
