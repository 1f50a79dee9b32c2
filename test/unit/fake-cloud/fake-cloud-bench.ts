import { FakeClouds } from '../../../src/adapters/fake-cloud/fake-clouds.js';
import { FakeDriver } from '../../../src/adapters/fake-cloud/fake-driver.js';
import type { FakeCloud } from '../../../src/adapters/fake-cloud/fake-cloud.js';
import type { FakeKnobs } from '../../../src/adapters/fake-cloud/fake-knobs.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import type { ProviderConfig } from '../../../src/domain/config/config.js';
import type { Instance, InstanceSpec, Provider } from '../../../src/ports/compute/provider.js';
import { aLabel, aPool, aProvider, CountedRandom } from '../../contract/compute-fixture.js';

export const never = new AbortController().signal;

/** A fake cloud on virtual time with one provider. */
export class FakeCloudBench {
  readonly clock = new VirtualClock();
  readonly clouds: FakeClouds;
  readonly cloud: FakeCloud;
  readonly provider: Provider;

  constructor(knobs: Partial<FakeKnobs> = {}) {
    this.clouds = new FakeClouds(this.clock, new CountedRandom(), knobs);
    this.cloud = this.clouds.cloud('fake');
    this.provider = this.addProvider();
  }

  addProvider(values: Partial<ProviderConfig> = {}): Provider {
    return new FakeDriver(this.clouds).createProvider(aProvider(values));
  }

  spec(nodeId: string, values: Partial<InstanceSpec> = {}): InstanceSpec {
    return {
      nodeId,
      idempotencyKey: `tests/fake-one/${nodeId}`,
      hostname: `np${nodeId}`,
      pool: aPool(),
      label: aLabel(),
      image: { kind: 'diskimage', externalId: 'an-image-of-another-process', configDrive: null },
      az: null,
      metadata: { nodepool_provider_name: 'fake-one', nodepool_node_id: nodeId },
      ...values,
    };
  }

  async run<T>(promise: Promise<T>, limit = 3600): Promise<T> {
    let settled = false;
    const done = (): void => void (settled = true);
    promise.then(done, done);
    if (!(await this.clock.advanceUntil(() => settled, limit))) throw new Error(`not settled within ${limit} s`);
    return promise;
  }

  create(nodeId: string, values: Partial<InstanceSpec> = {}): Promise<string> {
    return this.run(this.provider.create(this.spec(nodeId, values), never));
  }

  async launch(nodeId: string, values: Partial<InstanceSpec> = {}): Promise<Instance> {
    const spec = this.spec(nodeId, values);
    return this.run(this.provider.waitUntilRunning(await this.create(nodeId, values), spec, never));
  }

  async listedIds(): Promise<readonly string[]> {
    return (await this.run(this.provider.list(never))).map((one) => one.externalId);
  }
}
