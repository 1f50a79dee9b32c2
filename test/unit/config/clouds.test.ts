import { describe, expect, it } from 'vitest';
import type { Clouds } from '../../../src/adapters/openstack/clouds/found-clouds.js';
import { readYaml } from '../../../src/adapters/config-yaml/yaml-document.js';
import { readClouds } from '../../../src/adapters/openstack/clouds/clouds-reader.js';
import { MemoryFiles } from './config-harness.js';

function read(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): Promise<Clouds> {
  const memory = new MemoryFiles();
  for (const [path, text] of Object.entries(files)) memory.write(path, text);
  return readClouds({ files: memory, env, cwd: '/current', home: '/home/someone', readYaml });
}

const cloud = (format: string): string => `clouds: {x: {image_format: ${format}}}`;
const formatOf = (clouds: Clouds, region: string | null = null): unknown => {
  const found = clouds.lookUp('x', region);
  return found.kind === 'found' ? found.imageFormat : found;
};

describe('clouds.yaml', () => {
  it('[BUILDER 163] the first file of the search counts', async () => {
    const places = [
      '/etc/openstack/clouds.yaml',
      '/home/someone/.config/openstack/clouds.yaml',
      '/current/clouds.json',
      '/current/clouds.yml',
      '/current/clouds.yaml',
      '/explicit',
    ];
    const files: Record<string, string> = {};
    for (const [index, place] of places.entries()) {
      files[place] = cloud(`f${index}`);
      expect(formatOf(await read(files, { OS_CLIENT_CONFIG_FILE: '/explicit' }))).toBe(`f${index}`);
    }
  });

  it('the format defaults to qcow2', async () => {
    expect(formatOf(await read({ '/etc/openstack/clouds.yaml': 'clouds: {x: {}}' }))).toBe('qcow2');
  });

  it('a cloud that no file has is unknown', async () => {
    expect(formatOf(await read({}))).toEqual({
      kind: 'unknown-cloud',
      hint: 'there is no clouds.yaml: /etc/openstack/clouds.yaml is a good place for it',
    });
    expect(formatOf(await read({ '/etc/openstack/clouds.yaml': '' }))).toEqual({
      kind: 'unknown-cloud',
      hint: 'add it to /etc/openstack/clouds.yaml, which has no clouds',
    });
    expect(formatOf(await read({ '/etc/openstack/clouds.yaml': 'clouds: {xy: {}, other: {}}' }))).toEqual({
      kind: 'unknown-cloud',
      hint: 'add it to /etc/openstack/clouds.yaml, which has: xy, other; did you mean xy?',
    });
  });

  it('[BUILDER 163] secure.yaml is laid over, level by level', async () => {
    const clouds = await read({
      '/etc/openstack/clouds.yaml': 'clouds: {x: {auth: {username: u}}}',
      '/home/someone/.config/openstack/secure.yaml': 'clouds: {x: {auth: {password: p}}}',
    });
    expect(clouds.resolve('x', null)).toMatchObject({ entry: { auth: { username: 'u', password: 'p' } } });
  });

  it('profile < cloud < region', async () => {
    const files = {
      '/etc/openstack/clouds-public.yaml': 'public-clouds: {vendor: {image-format: raw, interface: internal}}',
      '/etc/openstack/clouds.yaml':
        'clouds: {x: {profile: vendor, regions: [a, {name: b, values: {image_format: vhd}}]}}',
    };
    const clouds = await read(files);
    expect(formatOf(clouds)).toBe('raw');
    expect(formatOf(clouds, 'b')).toBe('vhd');
    expect(formatOf(clouds, 'c')).toEqual({ kind: 'unknown-region', regions: ['a', 'b'] });
    expect(clouds.resolve('x', 'b')).toMatchObject({ entry: { interface: 'internal' }, region: 'b' });
    expect(clouds.resolve('x', null)).toMatchObject({ region: 'a' });
  });

  it('the environment makes a cloud of its own', async () => {
    const clouds = await read({}, { OS_AUTH_URL: 'http://x', OS_IMAGE_FORMAT: 'raw', OS_CLOUD: 'y' });
    expect(clouds.lookUp('envvars', null)).toMatchObject({ kind: 'found', imageFormat: 'raw' });
    expect((await read({}, { OS_CLOUD: 'y' })).lookUp('envvars', null).kind).toBe('unknown-cloud');
    expect((await read({}, { OS_AUTH_URL: 'u', OS_CLOUD_NAME: 'x' })).lookUp('x', null).kind).toBe('found');
  });

  it.each(['clouds: [', 'just text', 'a: *b'])('a file that says %j is a problem that names it', async (text) => {
    expect(formatOf(await read({ '/etc/openstack/clouds.yaml': text }))).toEqual({
      kind: 'unreadable',
      problem: expect.stringContaining('/etc/openstack/clouds.yaml') as string,
    });
  });
});
