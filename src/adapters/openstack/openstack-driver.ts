import type { ProviderConfig } from '../../domain/config/config.js';
import { openStackProviderSettings } from '../../domain/config/openstack.js';
import type { CloudDirectory } from './clouds/cloud-directory.js';
import type { Driver, DriverContext } from '../../ports/compute/driver.js';
import type { Provider } from '../../ports/compute/provider.js';
import { CloudSession } from './cloud-session.js';
import { OpenStackProvider } from './openstack-provider.js';

/** The driver `openstack`: clouds that `clouds.yaml` names (spec BUILDER 6). */
export class OpenStackDriver implements Driver {
  readonly name = 'openstack';
  readonly capabilities = { images: true, quota: true, leaks: true, zones: true, console: true };

  /** @param version of this product, for the cloud's logs */
  constructor(
    private readonly clouds: CloudDirectory,
    private readonly version: string,
  ) {}

  createProvider(config: ProviderConfig, context: DriverContext): Provider {
    const { cloud, regionName, rate } = openStackProviderSettings(config);
    return new OpenStackProvider(config, async () => {
      const access = await this.clouds.access(cloud ?? config.name, regionName);
      // The client brings an HTTP library of 20 MB, which launchers without such a cloud do without.
      const { createOpenStackClient } = await import('./client/cloud-client.js');
      const { clock, random, logger, metrics } = context;
      const options = { clock, random, logger, metrics, provider: config.name, rate, version: this.version };
      return new CloudSession(config, access, createOpenStackClient(access, options), context);
    });
  }
}
