import type { ProviderConfig } from '../../domain/config/config.js';
import type { Driver } from '../../ports/compute/driver.js';
import type { Provider } from '../../ports/compute/provider.js';
import type { HostKeyScanner } from '../../ports/runtime/host-key-scan.js';
import { StaticMachines } from './static-machines.js';
import { StaticProvider } from './static-provider.js';

/** The driver `static`: machines that are always there (spec BUILDER 1.7). */
export class StaticDriver implements Driver {
  readonly name = 'static';
  readonly capabilities = { images: false, quota: false, leaks: false, zones: false, console: false };

  constructor(private readonly scanner: HostKeyScanner) {}

  createProvider(config: ProviderConfig): Provider {
    return new StaticProvider(new StaticMachines(config, this.scanner));
  }
}
