import { onTestFinished } from 'vitest';
import { LibvirtDriver } from '../../../src/adapters/libvirt/libvirt-driver.js';
import { anInstanceSpec } from '../../../src/apps/driver-kit/builders.js';
import type { TestContext } from '../../../src/apps/driver-kit/driver-context.js';
import { driverContext } from '../../../src/apps/driver-kit/driver-context.js';
import type { LibvirtLabelSettings, LibvirtProviderSettings } from '../../../src/domain/config/libvirt.js';
import type { InstanceSpec, Provider } from '../../../src/ports/compute/provider.js';
import { libvirtConfig, libvirtLabel, libvirtPool, never, USER_NETWORK } from '../../support/libvirt-bench.js';
import type { StubVirsh } from '../../support/stub-virsh.js';

interface OnAStub {
  readonly provider: Provider;
  readonly context: TestContext;
  readonly spec: (settings?: Partial<LibvirtLabelSettings>) => InstanceSpec;
}

/** A provider, started, on a host that is not there. It ends with the test. */
export async function onAStub(host: StubVirsh, settings: Partial<LibvirtProviderSettings> = {}): Promise<OnAStub> {
  const context = driverContext();
  const config = libvirtConfig(
    { uri: 'qemu:///system', configDrives: { blank: 'none' }, ...settings },
    libvirtPool(USER_NETWORK),
  );
  const provider = new LibvirtDriver(host, {}, context.clock).createProvider(config, context);
  await provider.start(never);
  onTestFinished(() => provider.stop());
  const spec: OnAStub['spec'] = (label = {}) =>
    anInstanceSpec({
      pool: libvirtPool(USER_NETWORK, libvirtLabel(label)),
      image: { kind: 'diskimage', externalId: 'base.qcow2', configDrive: false },
    });
  return { provider, context, spec };
}

/** What the promise is rejected with. */
export function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
