/** The same cloud as for the package nodepool-driver-pebble, and the program beside this file. */
import { fileURLToPath } from 'node:url';
import openPebble from '../nodepool-driver-pebble/test/bench.js';

export default async function openBench() {
  const { upload: _none, ...bench } = await openPebble();
  return {
    ...bench,
    env: { ...bench.env, NODEPOOL_EXEC_DRIVER: fileURLToPath(new URL('driver.py', import.meta.url)) },
    withStrangeCredentials: ({ settings, ...config }) => ({
      ...config,
      settings: { ...settings, environment: { ...settings.environment, PEBBLE_TOKEN: 'stolen-token' } },
    }),
  };
}
