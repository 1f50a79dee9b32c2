import { ContainerModule } from 'inversify';
import { WireTreeStore } from '../../adapters/zookeeper/wire/wire-tree-store.js';
import type { ZooKeeperConfig, ZooKeeperClientName } from '../../domain/config/config.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Random } from '../../ports/runtime/random.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { StartedStore } from './started-store.js';
import { TOKENS } from './tokens.js';

/** Counts more than the configuration. */
const VARIABLE = 'NODEPOOL_ZOOKEEPER_CLIENT';

interface StoreContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * One session on a ZooKeeper ensemble; the store's `start` begins to connect.
 * @throws Error when the client asked for is unknown or not installed
 */
export async function zookeeperModule(
  config: ZooKeeperConfig,
  environment: Readonly<Record<string, string>>,
): Promise<ContainerModule> {
  const make = await chooseClient(clientName(config, environment), config);
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.store).toDynamicValue((context) =>
      make({
        clock: context.get(TOKENS.clock),
        random: context.get(TOKENS.random),
        logger: context.get(TOKENS.logger).child('zookeeper'),
      }),
    );
  });
}

function clientName(config: ZooKeeperConfig, environment: Readonly<Record<string, string>>): ZooKeeperClientName {
  const named = environment[VARIABLE];
  if (named === undefined || named === '') return config.client;
  if (named === 'wire' || named === 'native') return named;
  throw new Error(`${VARIABLE} is ${JSON.stringify(named)}; it may be wire or native`);
}

async function chooseClient(
  name: ZooKeeperClientName,
  { servers, chroot, timeout, tls, sasl }: ZooKeeperConfig,
): Promise<(context: StoreContext) => StartedStore> {
  const common = { servers, chroot, sessionTimeout: timeout, tls };
  if (name === 'wire') {
    const credentials = sasl && { username: sasl.username, password: sasl.password.reveal() };
    return (context) => new WireTreeStore({ ...common, sasl: credentials, ...context });
  }
  if (sasl) throw new Error('zookeeper-sasl needs the client wire: the native one cannot sign in');
  // Compiled for the machine, and perhaps not there: loaded only by those who ask for it.
  const { ZooKeeperTreeStore } = await import('../../adapters/zookeeper/zookeeper-tree-store.js').catch(
    (error: unknown) => {
      throw new Error(`The ZooKeeper client native cannot be loaded: ${String(error)}\n${INSTALL_HINT}`, {
        cause: error,
      });
    },
  );
  return (context) => new ZooKeeperTreeStore({ ...common, ...context });
}

/** The version that the product is tested with. */
const INSTALL_HINT =
  'Install it where Nodepool is: npm install zookeeper@7.3.0 (a C++ compiler, make and Python 3 are needed), or use the client wire.';
