import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/adapters/config-yaml/load-config.js';
import type { DriverSchemaSource } from '../../../src/domain/config/driver-schema.js';
import { caseText } from '../../support/cases.js';
import { load, optionsFor, validate, warningsOf } from './config-harness.js';

describe('one provider with a driver that is not there', () => {
  const text = caseText('mixed-drivers.yaml');

  it('is out of service alone; the others are as they would be without it [CASE mixed-drivers.yaml]', async () => {
    const { providers } = await load(text);
    expect([...providers].map(([name, { problem }]) => [name, problem])).toEqual([
      ['cloud-one', undefined],
      ['cluster', 'azure: unknown driver'],
      ['cloud-two', undefined],
    ]);
    expect(await warningsOf(text)).toEqual([
      'nodepool.yaml:5:29: providers[1].driver: azure: unknown driver; known drivers: exec, fake, openstack, static',
    ]);
  });

  it('keeps its labels, also those whose image only the driver understands: requests wait for it', async () => {
    const { providers } = await load(text);
    expect([...(providers.get('cluster')?.pools.get('main')?.labels.keys() ?? [])]).toEqual(['pod']);
  });

  it('is an error of config-validate, the only one [CASE mixed-drivers.yaml]', async () => {
    expect(await validate(text)).toEqual([expect.stringContaining('providers[1].driver: azure: unknown driver')]);
  });

  it.each(['kubernetes', 'metastatic', 'gce', 'misspelt'])('whatever its name: %s', async (driver) => {
    const { providers } = await load(text.replace('azure', driver));
    expect(providers.get('cluster')?.problem).toBe(`${driver}: unknown driver`);
  });

  it('whatever stands where the name should be', async () => {
    const { providers } = await load(text.replace('azure', '[a]'));
    expect(providers.get('cluster')?.problem).toBe('(a list): unknown driver');
  });
});

describe('commands that only read', () => {
  it('need neither drivers from outside nor clouds.yaml', async () => {
    let looked = 0;
    const plugins: DriverSchemaSource = {
      find: () => {
        looked += 1;
        return new Promise(() => undefined);
      },
    };
    const text = `${caseText('mixed-drivers.yaml')}  - {name: more, driver: openstack, cloud: nowhere, pools: []}\n`;
    const options = { ...optionsFor(text, { clouds: 'clouds: [' }), plugins, withoutDrivers: true };
    const { config, warnings } = await loadConfig(options);
    expect([...config.providers.keys()]).toEqual(['cloud-one', 'cluster', 'cloud-two', 'more']);
    expect(warnings).toEqual([]);
    expect(looked).toBe(0);
    expect(options.files.reads).toEqual(['nodepool.yaml']);
  });
});
