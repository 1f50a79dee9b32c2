import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import kubernetes from '../../../drivers/kubernetes/src/driver.js';
import openshift from '../../../drivers/kubernetes/src/openshift.js';
import openshiftPods from '../../../drivers/kubernetes/src/openshiftpods.js';
import { PluginDriverSchema } from '../../../src/adapters/config-yaml/drivers/plugin-driver-schema.js';
import { loadConfig, validateConfig } from '../../../src/adapters/config-yaml/load-config.js';
import { optionsFor } from '../config/config-harness.js';
import { document, fencedBlocks } from './documents.js';

const GUIDE = document('docs/guide/kubernetes.md');
const DRIVERS = [kubernetes, openshift, openshiftPods];
const drivers = DRIVERS.map(
  ({ name, configSchema }) => new PluginDriverSchema({ name, managesImages: false, imageless: true, configSchema }),
);
const blocks = fencedBlocks(GUIDE).filter(({ language }) => language === 'yml');
const configuration = blocks.find(({ text }) => text.startsWith('zookeeper-servers:'))!.text;

describe('the guide to pods as nodes', () => {
  it('shows a configuration that is valid and raises no warning', async () => {
    const options = { ...optionsFor(configuration), drivers };
    expect((await validateConfig(options)).errors).toEqual([]);
    const { config, warnings } = await loadConfig(options);
    expect(warnings).toEqual([]);
    const limits = (name: string, pool: string): unknown => config.providers.get(name)?.pools.get(pool)?.limits;
    expect(limits('cluster', 'main')).toEqual({ instances: 20, cores: 40 });
    expect(limits('shift', 'shift')).toEqual({ instances: 5 });
    expect(limits('ci', 'ci-project')).toEqual({ instances: 8 });
  });

  it('names every key of the drivers, and none that they have not', () => {
    const described = (part: 'provider' | 'pool' | 'label'): readonly string[] =>
      DRIVERS.flatMap(({ configSchema }) => Object.keys(configSchema[part] ?? {}));
    const table = GUIDE.text.split('| section | keys |')[1]!.split('\n\n')[0]!;
    const named = [...table.matchAll(/`([a-z-]+)`/g)].map(([, key]) => key);
    const common = ['launch-retries', 'launch-timeout', 'name', '-limit'];
    const known = [...new Set([...described('provider'), ...described('pool'), ...described('label')])];
    const short = known.filter((key) => !/^default-label-.*-limit$/.test(key));
    expect(short.filter((key) => !named.includes(key))).toEqual([]);
    expect(named.filter((key) => !known.includes(key!) && !common.includes(key!))).toEqual([]);
  });

  it('names a version of the driver API that the drivers have', () => {
    expect(new Set(DRIVERS.map(({ apiVersion }) => apiVersion))).toEqual(new Set(['1.2']));
    expect(GUIDE.text).toContain('(1.2 here)');
  });

  it('has a role with nothing in it but what a role has', () => {
    const [role] = blocks.map(
      ({ text }) => parse(text) as { readonly kind?: string; readonly rules?: readonly object[] },
    );
    expect(role?.kind).toBe('ClusterRole');
    expect(role?.rules?.map((rule) => Object.keys(rule))).toEqual(Array(4).fill(['apiGroups', 'resources', 'verbs']));
  });
});
