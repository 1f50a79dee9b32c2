import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SystemConfigFiles } from '../../../src/adapters/config-yaml/config-files.js';
import type { LoadOptions } from '../../../src/adapters/config-yaml/load-config.js';
import { loadConfig, validateConfig } from '../../../src/adapters/config-yaml/load-config.js';
import { SystemClock } from '../../../src/adapters/system/system-clock.js';
import { PluginRegistry } from '../../../src/apps/plugins/plugin-registry.js';
import { formatProblem } from '../../../src/domain/config/config-problem.js';
import { driverCode, folderWith } from './plugin-files.js';

const DRIVER = driverCode(
  'pods',
  `apiVersion: '1.2',
  capabilities: { images: false, quota: false, leaks: true, zones: false, console: false, imageless: true },
  configSchema: {
    provider: {
      'max-pods': { kind: 'integer', about: 'most pods of a pool' },
      'max-servers': { kind: 'integer', about: 'the same' },
      'max-resources': { kind: 'integer-map', about: 'most of anything' },
    },
    label: {
      image: { kind: 'text', about: 'of the container' },
      spec: { kind: 'map', about: 'of the pod' },
      env: { kind: 'map-list', about: 'variables' },
      labels: { kind: 'text-map', as: 'instance-properties', about: 'labels of the pod' },
      'dynamic-labels': { kind: 'text-map', as: 'dynamic-instance-properties', about: 'labels of the pod' },
    },
    poolDefaults: { 'max-servers': ['max-pods', 'max-servers'], 'max-resources': ['max-resources'] },
    checks: { label: ({ image, spec }) => (image && spec ? [{ key: 'spec', problem: 'not beside image', mend: 'drop one' }] : []) },
  },`,
);

const config = (label: string, more = ''): string => `labels: [{name: small}]
providers:
  - name: one
    driver: pods
    module: ./pods.mjs
    max-pods: 7
    max-servers: 9
    max-resources: {gpu: 4, disk: 10}
${more}    pools:
      - name: main
        max-resources: {disk: 5}
        labels:
          - ${label}
      - name: other
        max-servers: 2
`;

function situation(text: string, driver = DRIVER): LoadOptions & { folder: string } {
  const folder = folderWith({ 'nodepool.yaml': text, 'pods.mjs': driver });
  const clock = new SystemClock();
  const plugins = new PluginRegistry({ clock, installation: '/nowhere' });
  const files = new SystemConfigFiles();
  const file = path.join(folder, 'nodepool.yaml');
  const clouds: LoadOptions['clouds'] = () => Promise.resolve({ lookUp: () => ({ kind: 'unknown-cloud', hint: '' }) });
  return { folder, path: file, env: {}, files, clouds, clock, plugins };
}

async function problems(text: string, driver?: string): Promise<readonly string[]> {
  const options = situation(text, driver);
  const { errors } = await validateConfig(options);
  return errors
    .map((error) => formatProblem(error).replaceAll(`${options.folder}/`, ''))
    .filter((problem) => !problem.includes('neither zookeeper-servers nor store'));
}

describe('the section of a driver whose labels need no image', () => {
  it('has labels without images, whose keys may stand for the properties of instances', async () => {
    const label = `{name: small, image: fedora, env: [{name: A, value: b}], labels: {a: b}, dynamic-labels: {r: '{request.id}'}}`;
    const { config: loaded, warnings } = await loadConfig(situation(config(label)));
    expect(warnings).toEqual([]);
    expect(loaded.providers.get('one')!.pools.get('main')!.labels.get('small')).toMatchObject({
      image: { kind: 'settings' },
      instanceProperties: { a: 'b' },
      dynamicInstanceProperties: { r: '{request.id}' },
      settings: { image: 'fedora', env: [{ name: 'A', value: 'b' }] },
    });
  });

  it('has pools that take over from the provider what they do not say', async () => {
    const { config: loaded } = await loadConfig(situation(config('{name: small}')));
    const { pools } = loaded.providers.get('one')!;
    expect(pools.get('main')).toMatchObject({ maxServers: 7, limits: { instances: 7, gpu: 4, disk: 5 } });
    expect(pools.get('other')).toMatchObject({ maxServers: 2, limits: { instances: 2, gpu: 4, disk: 10 } });
  });

  it('knows no keys of images', async () => {
    expect(await problems(config('{name: small, cloud-image: x}', '    cloud-images: [{name: x}]\n'))).toEqual([
      expect.stringMatching(/^nodepool\.yaml:9:5: providers\[0\]\.cloud-images: unknown key/),
      expect.stringMatching(/^nodepool\.yaml:14:27: providers\[0\]\.pools\[0\]\.labels\[0\]\.cloud-image: unknown key/),
    ]);
  });

  it('is checked by its driver for what keys say together', async () => {
    expect(await problems(config('{name: small, image: x, spec: {a: 1}}'))).toEqual([
      'nodepool.yaml:13:43: providers[0].pools[0].labels[0].spec: not beside image; drop one',
    ]);
  });

  it('is not believed where the check itself breaks', async () => {
    const broken = DRIVER.replace('(image && spec', '(spec.no.such.thing');
    expect(await problems(config('{name: small}'), broken)).toEqual([
      expect.stringContaining('labels[0]: the driver cannot check this section; report it'),
    ]);
  });

  it.each([
    [`as: 'instance-properties', about: 'labels`, `as: 'groups', about: 'labels`, /label\.labels: as is one of/],
    [`kind: 'map-list'`, `kind: 'maps'`, /label\.env: kind is one of/],
  ])('is refused with %s as %s', async (good, bad, words) => {
    expect((await problems(config('{name: small}'), DRIVER.replace(good, bad))).join('\n')).toMatch(words);
  });
});
