import type { ProviderConfig } from '../../domain/config/config.js';
import { openStackProviderSettings } from '../../domain/config/openstack.js';
import type { Driver } from '../../ports/compute/driver.js';
import type { Provider } from '../../ports/compute/provider.js';
import type { FakeClouds } from './fake-clouds.js';
import { FakeProvider } from './fake-provider.js';

/**
 * The driver `fake`: the configuration of an OpenStack provider on a cloud in memory, with the further key `fake` for its knobs.
 * Providers that name the same `cloud` share it; without a name each has one of its own.
 */
export class FakeDriver implements Driver {
  readonly name = 'fake';
  readonly capabilities = { images: true, quota: true, leaks: true, zones: true, console: true };

  constructor(private readonly clouds: FakeClouds) {}

  createProvider(config: ProviderConfig): Provider {
    const { cloud, fake } = openStackProviderSettings(config);
    return new FakeProvider(config, this.clouds.configure(cloud || config.name, config.name, fake));
  }
}
