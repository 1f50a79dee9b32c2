import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { validate } from './config-harness.js';
import {
  cloudProvider,
  configuration,
  poolLabel,
  staticProvider,
  withImages,
  withPool,
  withPoolLabel,
  withProvider,
} from './configs.js';
import { markedByEditor } from './editor-schema.js';

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

// Whatever else the tests find valid is held against the schema by `validate` itself.
describe('the JSON Schema of nodepool.yaml accepts what is valid', () => {
  it.each([
    ['the worked example', read('test/fixtures/config/worked-example.yaml')],
    ['the quickstart', read('examples/quickstart.yaml').replaceAll('%(NODEPOOL_STANDALONE_DIR)', '/tmp')],
    ['an empty map', '{}'],
    ['a provider whose name makes it a fake one', withProvider({ name: 'fake-x', driver: 'static', fake: {} })],
    ['a provider without a driver', withProvider({ driver: undefined })],
    ['static machines', staticProvider({ name: 'm', labels: 'a b', 'host-key': ['k'] })],
    ['a tenant with any resource', '{tenant-resource-limits: [{tenant-name: t, max-cores: 1, licences: 2}]}'],
    ['rates in every shape', withProvider({ rate: '0.5' })],
  ])('%s', async (_what, text) => {
    expect(await validate(text)).toEqual([]);
    expect(markedByEditor(text)).toEqual([]);
  });

  it('of plug-ins it knows the name only', () => {
    expect(markedByEditor(withProvider({ driver: 'cumulus', altitude: 3 }))).toEqual([]);
  });
});

describe('and refuses what it can know to be wrong', () => {
  it.each([
    ['an unknown key', 'foo: 1'],
    ['an unknown key of a provider', withProvider({ regio: 'x' })],
    ['an unknown key of a pool', withPool({ netwroks: [] })],
    ['a root that is a list', '[]'],
    ['nothing at all', 'null'],
    ['no value', '{labels: null}'],
    ['a number among env-vars', withImages({ name: 'a', 'env-vars': { A: 1 } })],
    ['an image without a name', withImages({ elements: [] })],
    ['elements that are no list', withImages({ name: 'a', elements: 'x' })],
    ['a provider without a name', withProvider({ name: undefined })],
    ['a provider without a cloud', withProvider({ cloud: undefined })],
    ['a fake provider without a cloud', withProvider({ driver: 'fake', cloud: undefined })],
    ['providers that are a map', '{providers: {}}'],
    ['a label with two images', withPoolLabel(poolLabel({ 'cloud-image': 'x' }))],
    ['a label without an image', withPoolLabel({ name: 'small', 'min-ram': 1 })],
    ['a label without a size', withPoolLabel({ name: 'small', diskimage: 'debian' })],
    [
      'a cloud image by id and name',
      withProvider({ 'cloud-images': [{ name: 'x', 'image-id': 'i', 'image-name': 'n' }] }),
    ],
    ['text for min-ready', configuration({ labels: [{ name: 'small', 'min-ready': 'two' }] })],
    ['a port out of range', '{webapp: {port: 70000}}'],
    ['a rate that is no number', withProvider({ rate: 'abc' })],
    ['a time-out of 0', '{zookeeper-timeout: 0}'],
    ['TLS without a key', '{zookeeper-tls: {cert: a, ca: b}}'],
    ['a machine without labels', staticProvider({ name: 'm' })],
    ['a tenant without a name', '{tenant-resource-limits: [{max-cores: 1}]}'],
    ['a tenant with a text', '{tenant-resource-limits: [{tenant-name: t, max-cores: many}]}'],
    ['keys of OpenStack with static machines', stringify({ providers: [{ name: 'm', driver: 'static', cloud: 'x' }] })],
  ])('%s', async (_what, text) => {
    expect(markedByEditor(text)).not.toEqual([]);
    expect(await validate(text)).not.toEqual([]);
  });
});

describe('what only config-validate can know', () => {
  it.each([
    ['a label that is not at the top', configuration({ labels: [] })],
    ['an image defined twice', withImages({ name: 'a' }, { name: 'a' })],
    ['a parent that is missing', withImages({ name: 'a', parent: 'b' })],
    ['a cloud image that is missing', withPoolLabel({ name: 'small', 'cloud-image': 'x', 'min-ram': 1 })],
    ['a driver that nobody has', configuration({ providers: [cloudProvider({ driver: 'cumulus' })] })],
  ])('%s', async (_what, text) => {
    expect(markedByEditor(text)).toEqual([]);
    expect(await validate(text)).not.toEqual([]);
  });
});
