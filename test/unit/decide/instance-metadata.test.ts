import { describe, expect, it } from 'vitest';
import { dynamicProperties, instanceMetadata } from '../../../src/domain/decide/instance-metadata.js';
import { aRequest } from '../../support/builders.js';

const REQUEST = aRequest({
  nodeTypes: ['small', "it's"],
  requestor: 'zuul',
  requestorData: { job: 'unit', flags: [true, null, 1.5], 'build set': { id: 7 } },
  relativePriority: 3,
  createdTime: 1700000000,
  tenantName: null,
});

function filled(template: string): string | undefined {
  return dynamicProperties({ name: template }, '200-0000000001', REQUEST).properties['name'];
}

describe('a dynamic property', () => {
  it.each([
    ['no fields', 'no fields'],
    ['{{request.id}}', '{request.id}'],
    ['{request.id}', '200-0000000001'],
    ['{request.tenant_name}', 'None'],
    ['<{request.requestor}>/{request.relative_priority}', '<zuul>/3'],
    ['{request.requestor!s}', 'zuul'],
    ['{request.created_time}', '1700000000.0'],
    ['{request.labels}', `['small', "it's"]`],
    ['{request.labels[0]}', 'small'],
    ['{request.requestor_data[job]}', 'unit'],
    ['{request.requestor_data[build set][id]}', '7'],
    ['{request.requestor_data}', "{'job': 'unit', 'flags': [True, None, 1.5], 'build set': {'id': 7}}"],
  ])('%s is %s', (template, expected) => {
    expect(filled(template)).toBe(expected);
  });

  it.each([
    '{request.password}',
    '{request}',
    '{node.id}',
    '{request.id',
    'request.id}',
    '{}',
    '{request.id:>10}',
    '{request.requestor_data[nothing]}',
    '{request.requestor_data[constructor]}',
    '{request.requestor.length}',
  ])('%s is left out, with a reason', (template) => {
    const { properties, problems } = dynamicProperties({ good: 'x', bad: template }, 'r', REQUEST);
    expect(properties).toEqual({ good: 'x' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^bad: /);
  });
});

describe('the metadata of an instance', () => {
  it("[LAUNCHER 92] is the user's, with nodepool's own keys above them, except for groups", () => {
    const instanceProperties = { groups: 'mine', nodepool_node_id: 'forged', team: 'ci' };
    const facts = {
      nodeId: '0000000001',
      pool: 'main',
      provider: 'cloud',
      label: 'small',
      image: 'debian',
      installation: null,
    };
    expect(instanceMetadata({ ...facts, instanceProperties })).toEqual({
      groups: 'mine',
      team: 'ci',
      nodepool_node_id: '0000000001',
      nodepool_pool_name: 'main',
      nodepool_provider_name: 'cloud',
      nodepool_node_label: 'small',
      nodepool_image_name: 'debian',
    });
  });

  it('bears the id of the installation, if that has one', () => {
    const facts = { nodeId: '1', pool: 'main', provider: 'cloud', label: 'small', image: null, instanceProperties: {} };
    expect(instanceMetadata({ ...facts, installation: 'us' })).toMatchObject({ nodepool_installation_id: 'us' });
    expect(instanceMetadata({ ...facts, installation: null })).not.toHaveProperty('nodepool_installation_id');
  });
});
