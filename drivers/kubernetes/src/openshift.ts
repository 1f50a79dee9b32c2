/** `driver: openshift`: projects, and pods in projects of their own. */
import type { DriverPlugin } from 'nodepool/driver';
import { PROJECTS } from './nodes/homes.js';
import { NamespacedProvider } from './nodes/namespaced-provider.js';
import { plugin } from './plugin.js';

const openshift: DriverPlugin = plugin({
  name: 'openshift',
  contextRequired: true,
  most: 'max-projects',
  types: ['project', 'pod'],
  quota: false,
  createProvider: (config, context) => new NamespacedProvider(PROJECTS, config, context),
});

export default openshift;
