import { FakeDriver } from '../../src/adapters/fake-cloud/fake-driver.js';
import type { FakeClouds } from '../../src/adapters/fake-cloud/fake-clouds.js';
import type { ProviderConfig } from '../../src/domain/config/config.js';
import type { Instance, Provider } from '../../src/ports/compute/provider.js';

/** The fake driver, whose instances have the addresses that a scenario wants. */
export class AddressedDriver extends FakeDriver {
  constructor(
    clouds: FakeClouds,
    private readonly addresses: () => Partial<Instance>,
  ) {
    super(clouds);
  }

  override createProvider(config: ProviderConfig): Provider {
    const provider = super.createProvider(config);
    const wait = provider.waitUntilRunning.bind(provider);
    provider.waitUntilRunning = async (...call) => ({ ...(await wait(...call)), ...this.addresses() });
    return provider;
  }
}
