import { defineDriver } from 'nodepool/driver';
import { PebbleClient } from './pebble-client.js';
import { PebbleProvider } from './pebble-provider.js';

export default defineDriver({
  apiVersion: '1.1',
  name: 'pebble',
  version: '1.1.0',
  capabilities: { images: true, quota: true, leaks: true, zones: true, console: true },
  configSchema: {
    provider: {
      url: { kind: 'text', required: true, about: 'address of the Pebble API, e.g. https://api.pebble.example' },
      token: { kind: 'text', required: true, secret: true, about: 'API token of the project' },
      'poll-interval': { kind: 'seconds', default: 2, about: 'seconds between two looks at machines that boot' },
    },
    label: {
      plan: { kind: 'text', required: true, about: 'plan of the machines, as GET /v1/plans lists them' },
    },
  },
  // No network here: trouble with the cloud belongs to start().
  createProvider(config, context) {
    const { url, token } = config.settings;
    return new PebbleProvider(config, context, new PebbleClient(String(url), String(token)));
  },
});
