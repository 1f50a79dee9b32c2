/** Opens a cloud of its own for each check, and says how trouble comes about in it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PebbleCloud } from './pebble-cloud.js';

const isCreate = ({ method, kind }) => method === 'POST' && kind === 'machines';
const any = () => true;

export default async function openBench() {
  const cloud = await new PebbleCloud().open();
  const folder = await mkdtemp(join(tmpdir(), 'pebble-bench-'));
  const file = join(folder, 'debian.qcow2');
  await writeFile(file, 'not much of an image');
  return {
    env: { NODEPOOL_PEBBLE_URL: cloud.url, NODEPOOL_PEBBLE_TOKEN: cloud.token },
    upload: {
      name: 'debian-1700000000',
      file,
      format: 'qcow2',
      md5: null,
      sha256: null,
      properties: { nodepool_build_id: '1', nodepool_provider_name: 'pebble-one' },
    },
    exhaustQuota: () => void (cloud.limits = { machines: 0, cores: 0 }),
    hangNextCreate: () => cloud.trouble(isCreate, { hang: true }),
    breakNextBoot: () => cloud.trouble(isCreate, { broken: true }),
    loseNextAnswer: () => cloud.trouble(isCreate, { lose: true }),
    limitNextCall: () => cloud.trouble(any, { status: 429 }),
    failNextCall: () => cloud.trouble(any, { status: 500 }),
    refuseForCapacity: () => cloud.trouble(isCreate, { status: 503, code: 'no_capacity' }),
    removeBehindBack: (id) => cloud.remove(id),
    cloudInstances: () => [...cloud.machines.keys()],
    secrets: [cloud.token],
    withStrangeCredentials: (config) => ({ ...config, settings: { ...config.settings, token: 'stolen-token' } }),
    close: async () => {
      await cloud.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
