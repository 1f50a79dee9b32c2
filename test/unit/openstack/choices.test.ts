import { describe, expect, it } from 'vitest';
import { createRequest } from '../../../src/adapters/openstack/create-body.js';
import { chooseFlavor } from '../../../src/adapters/openstack/flavors.js';
import { anInstanceSpec, anOpenStackLabel, anOpenStackPool } from '../../support/openstack-bench.js';

const FLAVORS = [
  { id: '1', name: 'm1.nano', ram: 64, cores: 1 },
  { id: '2', name: 'm1.small', ram: 2048, cores: 1 },
  { id: '3', name: 'c1.large', ram: 8192, cores: 8 },
  { id: '4', name: 'm1.large', ram: 8192, cores: 4 },
  { id: '5', name: 'm1.huge', ram: 16_384, cores: 8 },
];
const chosen = (minRam: number, flavorName: string | null): string => {
  const flavor = chooseFlavor(FLAVORS, { minRam, flavorName });
  return 'problem' in flavor ? flavor.problem : flavor.name;
};

describe('the flavor of a label', () => {
  it.each([
    [8192, null, 'c1.large'],
    [8193, null, 'm1.huge'],
    [8192, 'm1', 'm1.large'],
    [0, 'm1.small', 'm1.small'],
    [0, '4', 'm1.large'],
    [0, null, 'm1.nano'],
  ])('min-ram %s and flavor-name %s [BUILDER 165]', (minRam, flavorName, name) => {
    expect(chosen(minRam, flavorName)).toBe(name);
  });

  it('that does not exist is named in the error [BUILDER 166]', () => {
    expect(chosen(32_768, null)).toBe('Unable to find flavor with min ram: 32768');
    expect(chosen(8192, 'x1')).toBe('Unable to find flavor with min ram: 8192');
    expect(chosen(0, 'm1')).toBe('Unable to find flavor: m1');
  });
});

describe('what nova is asked for', () => {
  const choices = { flavorId: '1', imageId: 'image-1', networkIds: ['net-1', 'net-2'] };

  it('holds only what is configured [BUILDER 167]', () => {
    const { path, body } = createRequest(anInstanceSpec('0000000007'), { ...choices, networkIds: [] });
    expect(path).toBe('/servers');
    expect(body['server']).toEqual({
      name: 'np0000000007',
      flavorRef: '1',
      imageRef: 'image-1',
      min_count: 1,
      max_count: 1,
      metadata: anInstanceSpec('0000000007').metadata,
    });
  });

  it('holds networks in their order, key, groups, userdata, config drive and zone [BUILDER 167]', () => {
    const label = anOpenStackLabel({ keyName: 'zuul', userdata: '#cloud-config\nü' });
    const pool = anOpenStackPool({ settings: { networks: [], securityGroups: ['a', 'b'], autoFloatingIp: false } });
    const image = { kind: 'diskimage', externalId: 'image-1', configDrive: false } as const;
    const { body } = createRequest(anInstanceSpec('0000000007', { label, pool, image, az: 'az2' }), choices);
    expect(body['server']).toMatchObject({
      networks: [{ uuid: 'net-1' }, { uuid: 'net-2' }],
      key_name: 'zuul',
      security_groups: [{ name: 'a' }, { name: 'b' }],
      user_data: Buffer.from('#cloud-config\nü').toString('base64'),
      config_drive: false,
      availability_zone: 'az2',
    });
  });

  it('is a volume of the image for boot-from-volume [BUILDER 168]', () => {
    const label = anOpenStackLabel({ bootFromVolume: true, volumeSize: 80 });
    const { path, body } = createRequest(anInstanceSpec('0000000007', { label }), choices);
    expect(path).toBe('/os-volumes_boot');
    expect(body['server']).toMatchObject({
      imageRef: '',
      block_device_mapping_v2: [
        {
          boot_index: '0',
          source_type: 'image',
          uuid: 'image-1',
          destination_type: 'volume',
          volume_size: '80',
          delete_on_termination: true,
        },
      ],
    });
  });
});
