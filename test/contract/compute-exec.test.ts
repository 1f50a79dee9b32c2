import type { InstanceImage } from '../../src/domain/model/instance-image.js';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, it } from 'vitest';
import { ExecDriver } from '../../src/adapters/exec-driver/exec-driver.js';
import { NodeChildPrograms } from '../../src/adapters/system/node-child-programs.js';
import { anInstanceSpec, aPool, aPoolLabel, aProviderConfig } from '../../src/apps/driver-kit/builders.js';
import { driverContext } from '../../src/apps/driver-kit/driver-context.js';
import { registerDriverChecks } from '../../src/apps/driver-kit/run-checks.js';
import { GuardedDriver } from '../../src/apps/plugins/containment/guarded-driver.js';
import type { DriverBenchFile } from '../../src/apps/plugins/driver-test.js';
import type { ProviderConfig } from '../../src/domain/config/config.js';
import type { Provider } from '../../src/ports/compute/provider.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/exec-driver/', import.meta.url));
const driver = new GuardedDriver(new ExecDriver(new NodeChildPrograms(), { PATH: '/usr/bin:/bin' }));
const label = aPoolLabel({ settings: { settings: { plan: 's1' } } });
const pool = aPool({ provider: 'pebble-two', labels: new Map([['small', label]]) });
const cloudImage = (idOrName: string): InstanceImage => ({
  kind: 'cloud-image',
  idOrName,
  byId: false,
  configDrive: null,
});

describe.skipIf(!existsSync('/usr/bin/python3'))('driver contract: the example program in Python', () => {
  registerDriverChecks(
    // Each check is a world of its own; starting Python is most of what they take.
    (title, run) => it.concurrent(title, run),
    async () => {
      const { default: open } = (await import(pathToFileURL(path.join(EXAMPLE, 'bench.js')).href)) as {
        readonly default: DriverBenchFile;
      };
      const { env = {}, withStrangeCredentials, ...knobs } = await open();
      const environment = {
        PEBBLE_URL: env['NODEPOOL_PEBBLE_URL'] ?? '',
        PEBBLE_TOKEN: env['NODEPOOL_PEBBLE_TOKEN'] ?? '',
      };
      const config = aProviderConfig({
        name: 'pebble-two',
        driver: 'exec',
        pools: new Map([['main', pool]]),
        settings: { command: [path.join(EXAMPLE, 'driver.py')], environment, settings: {}, 'start-timeout': 30 },
      });
      const make = (changed: ProviderConfig = config): Provider => driver.createProvider(changed, driverContext());
      return {
        upload: null,
        exhaustQuota: null,
        hangNextCreate: null,
        breakNextBoot: null,
        ...knobs,
        provider: make(),
        reopen: () => make(),
        strangeCredentials: () => make(withStrangeCredentials?.(config)),
        spec: (nodeId) => anInstanceSpec({ nodeId, pool, image: cloudImage('debian-12') }),
        unknownImage: cloudImage('no-such-image'),
        run: (promise) => promise,
      };
    },
  );
});
