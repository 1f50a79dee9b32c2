/** `driver: kubernetes`: namespaces, and pods in namespaces of their own. */
import type { DriverPlugin } from 'nodepool/driver';
import { NAMESPACES } from './nodes/homes.js';
import { NamespacedProvider } from './nodes/namespaced-provider.js';
import { plugin } from './plugin.js';

const kubernetes: DriverPlugin = plugin({
  name: 'kubernetes',
  contextRequired: false,
  most: null,
  types: ['namespace', 'pod'],
  quota: false,
  createProvider: (config, context) => new NamespacedProvider(NAMESPACES, config, context),
});

export default kubernetes;
