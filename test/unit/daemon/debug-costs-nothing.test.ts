import { Container } from 'inversify';
import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import { MemoryJournal } from '../../../src/adapters/memory-journal/memory-journal.js';
import { PinoLogger } from '../../../src/adapters/pino/pino-logger.js';
import { TracedDriver } from '../../../src/adapters/tracing/traced-driver.js';
import { TracedJournal } from '../../../src/adapters/tracing/traced-journal.js';
import { TracedLeases } from '../../../src/adapters/tracing/traced-leases.js';
import { aProviderConfig } from '../../../src/apps/driver-kit/builders.js';
import { driverContext } from '../../../src/apps/driver-kit/driver-context.js';
import { driversModule } from '../../../src/apps/composition/drivers-module.js';
import { recordsModule } from '../../../src/apps/composition/records-module.js';
import { memoryStoreModule } from '../../../src/apps/composition/store-modules.js';
import { systemModule } from '../../../src/apps/composition/system-module.js';
import { telemetryModule } from '../../../src/apps/composition/telemetry-module.js';
import { TOKENS } from '../../../src/apps/composition/tokens.js';
import { NoMetrics } from '../../../src/adapters/statsd/no-metrics.js';

function composed(level: 'info' | 'debug'): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  const logger = PinoLogger.open({ target: { file: '/dev/null' }, level });
  container.load(
    systemModule({ host: { hostname: 'h', pid: 1 }, environment: {}, version: '1' }),
    telemetryModule(logger, {
      metrics: new NoMetrics(),
      page: { text: () => Promise.resolve(''), contentType: '' } as never,
      close: () => Promise.resolve(),
    }),
    memoryStoreModule(),
    recordsModule(),
    driversModule({ plugins: { driver: () => undefined } }),
  );
  container.bind(TOKENS.clouds).toConstantValue({} as never);
  return container;
}

describe('[C17] what tells of each decision, lease, watch and call', () => {
  it('is there with debug logging', () => {
    const container = composed('debug');
    expect(container.get(TOKENS.leases)).toBeInstanceOf(TracedLeases);
    expect(container.get(TOKENS.journal)).toBeInstanceOf(TracedJournal);
    expect(container.get(TOKENS.drivers).driver('fake')).toBeInstanceOf(TracedDriver);
    expect(container.get(TOKENS.drivers).driver('fake')).toBe(container.get(TOKENS.drivers).driver('fake'));
  });

  it('is not there without it: it costs nothing at all', () => {
    const container = composed('info');
    expect(container.get(TOKENS.leases)).toBeInstanceOf(KazooLeases);
    expect(container.get(TOKENS.journal)).toBeInstanceOf(MemoryJournal);
    expect(container.get(TOKENS.drivers).driver('fake')).not.toBeInstanceOf(TracedDriver);
  });

  it('hands out each part of a provider as one object: who remembers things about it must know it again', () => {
    const driver = composed('debug').get(TOKENS.drivers).driver('static');
    const provider = driver?.createProvider(aProviderConfig({ driver: 'static', pools: new Map() }), driverContext());
    expect(provider?.fixed).not.toBeNull();
    expect(provider?.fixed).toBe(provider?.fixed);
  });
});
