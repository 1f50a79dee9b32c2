/** `driver: openshiftpods`: pods in projects that are there already. */
import type { DriverPlugin } from 'nodepool/driver';
import { PodsProvider } from './nodes/pods-provider.js';
import { plugin } from './plugin.js';

const openshiftPods: DriverPlugin = plugin({
  name: 'openshiftpods',
  contextRequired: true,
  most: 'max-pods',
  types: null,
  quota: true,
  createProvider: (config, context) => new PodsProvider(config, context),
});

export default openshiftPods;
