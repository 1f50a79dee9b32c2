import dgram from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { metricsFromEnvironment } from '../../src/adapters/statsd/metrics-from-environment.js';
import { NoMetrics } from '../../src/adapters/statsd/no-metrics.js';
import { StatsdMetrics } from '../../src/adapters/statsd/statsd-metrics.js';
import { describeMetricsContract } from './metrics.suite.js';

describe('metrics sent to statsd', () => {
  let server: dgram.Socket;
  let port: number;
  let packets: string[];
  let metrics: StatsdMetrics | undefined;

  beforeEach(async () => {
    packets = [];
    server = dgram.createSocket('udp4');
    server.on('message', (data) => packets.push(data.toString()));
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    port = server.address().port;
  });
  afterEach(async () => {
    await metrics?.close();
    metrics = undefined;
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  const lines = (): string[] => packets.join('\n').split('\n');
  const arrived = (count: number): Promise<unknown> =>
    vi.waitFor(() => expect(lines().filter(Boolean)).toHaveLength(count), { timeout: 30_000 });

  it('are lines of plain statsd, in order', async () => {
    metrics = new StatsdMetrics({ host: '127.0.0.1', port });
    metrics.timing('nodepool.launch.ready', 1.234);
    metrics.count('nodepool.launch.ready');
    metrics.count('nodepool.leaked', 3);
    metrics.gauge('nodepool.nodes.ready', 4);
    metrics.gauge('nodepool.rc', -9);
    metrics.gauge('nodepool.last_build', 1700000000.5);
    metrics.timing('nodepool.short', 0);
    await metrics.close();
    await arrived(8);
    expect(lines()).toEqual([
      'nodepool.launch.ready:1234.000000|ms',
      'nodepool.launch.ready:1|c',
      'nodepool.leaked:3|c',
      'nodepool.nodes.ready:4|g',
      'nodepool.rc:0|g',
      'nodepool.rc:-9|g',
      'nodepool.last_build:1700000000.5|g',
      'nodepool.short:0.000000|ms',
    ]);
  });

  it('share datagrams of less than 512 bytes, and keep their order [BUILDER 161]', async () => {
    metrics = new StatsdMetrics({ host: 'localhost', port });
    const names = Array.from({ length: 200 }, (_, index) => `nodepool.label.some-label-${index}.nodes.ready`);
    for (const name of names) metrics.gauge(name, 1);
    await metrics.close();
    await arrived(200);
    expect(lines()).toEqual(names.map((name) => `${name}:1|g`));
    for (const packet of packets) expect(Buffer.byteLength(packet)).toBeLessThan(512);
    expect(packets.length).toBeLessThan(25);
  });

  it('go out by themselves after a while', async () => {
    metrics = new StatsdMetrics({ host: '127.0.0.1', port, flushInterval: 0.02 });
    metrics.count('nodepool.a');
    await arrived(1);
  });

  it('[LAUNCHER 134] leave out what is no number, and nothing in a name can end the line', async () => {
    metrics = new StatsdMetrics({ host: '127.0.0.1', port });
    metrics.gauge('nodepool.provider.p.max_servers', Infinity);
    metrics.timing('nodepool.t', NaN);
    metrics.gauge('nodepool.label.a b:c|d\ne.nodes', 1);
    await metrics.close();
    await arrived(1);
    expect(lines()).toEqual(['nodepool.label.a_b_c_d_e.nodes:1|g']);
  });

  it('carry no tags, whatever the environment says', async () => {
    vi.stubEnv('DD_ENV', 'prod');
    vi.stubEnv('DD_TAGS', 'a:b');
    vi.stubEnv('DD_ENTITY_ID', 'x');
    try {
      metrics = new StatsdMetrics({ host: '127.0.0.1', port });
      metrics.count('nodepool.a');
      await metrics.close();
    } finally {
      vi.unstubAllEnvs();
    }
    await arrived(1);
    expect(lines()).toEqual(['nodepool.a:1|c']);
  });

  it('are lost quietly if nobody listens or the name does not exist', async () => {
    for (const host of ['127.0.0.1', 'no-such-host.invalid']) {
      const lost = new StatsdMetrics({ host, port: 1, flushInterval: 0.01 });
      lost.count('nodepool.a');
      await lost.close();
      await lost.close();
      lost.count('nodepool.b');
    }
  });
});

describe('metrics as the environment says', () => {
  it('[LAUNCHER 133] are none without variables [BUILDER 157]', () => {
    const logger = new MemoryLogger();
    expect(metricsFromEnvironment({}, logger)).toBeInstanceOf(NoMetrics);
    expect(metricsFromEnvironment({ STATSD_HOST: '', STATSD_PORT: '' }, logger)).toBeInstanceOf(NoMetrics);
    expect(logger.lines).toEqual([]);
  });

  it('go to localhost or port 8125 if one variable is missing [BUILDER 157]', async () => {
    const logger = new MemoryLogger();
    for (const [env, where] of [
      [{ STATSD_HOST: '127.0.0.1' }, '127.0.0.1:8125'],
      [{ STATSD_PORT: '9999' }, 'localhost:9999'],
    ] as const) {
      const metrics = metricsFromEnvironment(env, logger);
      expect(metrics).toBeInstanceOf(StatsdMetrics);
      expect(logger.lines.at(-1)?.message).toContain(where);
      await metrics.close();
    }
  });

  it('are off if the port is none, which is told at warning level [B15]', () => {
    const logger = new MemoryLogger();
    expect(metricsFromEnvironment({ STATSD_PORT: 'many' }, logger)).toBeInstanceOf(NoMetrics);
    expect(logger.lines.map((line) => line.level)).toEqual(['warn']);
  });

  it('tell once at warning level that the host does not resolve [B15]', async () => {
    const logger = new MemoryLogger();
    const metrics = metricsFromEnvironment({ STATSD_HOST: 'no-such-host.invalid' }, logger);
    for (let round = 0; round < 3; round += 1) {
      metrics.count('nodepool.x');
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
    await metrics.close();
    expect(logger.messages('warn')).toEqual([
      expect.stringMatching(/^The statsd host no-such-host\.invalid cannot be resolved \(\w+\); metrics are lost/),
    ]);
  });
});

describeMetricsContract('statsd', () => new StatsdMetrics({ host: '127.0.0.1', port: 1 }));
