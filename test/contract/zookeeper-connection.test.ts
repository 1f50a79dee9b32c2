import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { formatServers } from '../../src/adapters/zookeeper/servers.js';
import type { ZooKeeperOptions } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import { ConfigError } from '../../src/domain/config/config-problem.js';
import { makeCertificates } from '../support/certificates.js';
import type { Certificates } from '../support/certificates.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { eventually } from '../support/eventually.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { bytes, text } from '../support/store-world.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import type { SaslCredentials } from '../../src/adapters/zookeeper/wire/sasl-login.js';
import { WireTreeStore } from '../../src/adapters/zookeeper/wire/wire-tree-store.js';
import { ZOOKEEPER_CLIENTS } from '../support/zookeeper-clients.js';
import type { ZooKeeperStore } from '../support/zookeeper-clients.js';
import { freePort, withoutZooKeeper, ZooKeeperServer } from '../support/zookeeper-server.js';

describe('the list of servers', () => {
  it('[LAUNCHER 3] brackets IPv6 literals', () => {
    const servers = [
      { host: '2001:db8::1', port: 2281 },
      { host: '[::1]', port: 2181 },
      { host: 'zk.example.org', port: 2181 },
    ];
    expect(formatServers(servers)).toBe('[2001:db8::1]:2281,[::1]:2181,zk.example.org:2181');
  });
});

describe.skipIf(withoutZooKeeper()).each(ZOOKEEPER_CLIENTS)('$name and its server', (client) => {
  const opened: ZooKeeperStore[] = [];
  let server: ZooKeeperServer;

  const open = (options: Partial<ZooKeeperOptions> = {}): ZooKeeperStore => {
    const store = client.make({
      servers: [{ host: '127.0.0.1', port: server.port }],
      chroot: '',
      sessionTimeout: 6,
      tls: null,
      clock: new SystemClock(),
      logger: new MemoryLogger(),
      ...options,
    });
    opened.push(store);
    return store;
  };
  const connect = async (options: Partial<ZooKeeperOptions> = {}): Promise<ZooKeeperStore> => {
    const store = open(options);
    await store.start();
    await store.session.connected();
    return store;
  };

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
  });
  afterAll(() => server.stop());

  it('[LAUNCHER 2] goes on with the servers that live, below one chroot', async () => {
    const dead = await freePort();
    const servers = [
      { host: '127.0.0.1', port: dead },
      { host: '127.0.0.1', port: server.port },
      { host: 'localhost', port: server.port },
      { host: 'no-such-host.invalid', port: 2181 },
    ];
    const store = await connect({ servers, chroot: '/ci/pool/' });
    expect(await store.create('/nodepool/nodes/', bytes('x'), { makeParents: true, sequential: true })).toBe(
      '/nodepool/nodes/0000000000',
    );
    const plain = await connect();
    expect(await plain.list('/ci')).toEqual(['pool']);
    expect(await plain.list('/ci/pool')).toEqual(['nodepool']);
    expect(text((await plain.read('/ci/pool/nodepool/nodes/0000000000'))?.data)).toBe('x');
    expect(await store.list('/')).toEqual(['nodepool']);
  });

  it('stores no data as no bytes, not as null', async () => {
    const store = await connect();
    await store.create('/empty', new Uint8Array());
    const raw = await import('zookeeper').then(({ default: ZooKeeper }) => new ZooKeeper({ debug_level: 0 }));
    raw.init({ connect: server.address, timeout: 5000, debug_level: 0 });
    await new Promise((resolve) => raw.once('connect', resolve));
    const answer: readonly unknown[] = await raw.get('/empty', false);
    const data = answer[1];
    raw.close();
    expect(data).toBeInstanceOf(Buffer);
    expect(data).toHaveLength(0);
  });

  it('[LAUNCHER 6] waits for a server that is away at the start, and says so now and then', async () => {
    const late = await ZooKeeperServer.start();
    await late.halt();
    const logger = new MemoryLogger();
    const store = open({ servers: [{ host: '127.0.0.1', port: late.port }], logger });
    await store.start();
    try {
      expect([store.session.state, store.session.generation]).toEqual(['suspended', 0]);
      await expect(store.stat('/')).rejects.toMatchObject({ code: 'NP_CONNECTION_LOST' });
      await eventually('the operator is told', () => logger.messages('warn').length > 0);
      expect(logger.lines.find((line) => line.level === 'warn')).toMatchObject({
        fields: { servers: `127.0.0.1:${late.port}` },
      });
      await late.launch();
      await store.session.connected();
      expect(store.session.generation).toBe(1);
      expect(logger.messages('warn')).toHaveLength(1);
      expect(await store.list('/')).toEqual(['zookeeper']);
    } finally {
      await store.close();
      await late.stop();
    }
  });

  it('can be closed while it never had a connection, and before it was started', async () => {
    const store = open({ servers: [{ host: '127.0.0.1', port: await freePort() }] });
    const waiting = store.start().then(() => store.session.connected());
    const ended = expect(waiting).rejects.toMatchObject({ code: 'NP_STORE_CLOSED' });
    await store.close();
    await ended;
    const unused = open();
    await unused.close();
    await unused.start();
    await expect(unused.stat('/')).rejects.toMatchObject({ code: 'NP_STORE_CLOSED' });
  });

  it('keeps its session, ephemeral records and a thousand watches over a restart of the server', async () => {
    const store = await connect({ chroot: '/restart', sessionTimeout: 20 });
    const writer = await connect({ chroot: '/restart', sessionTimeout: 20 });
    const names = Array.from({ length: 1000 }, (_, index) => `/many/${index}`);
    await writer.create('/many', bytes(''));
    await Promise.all(names.map((name) => writer.create(name, bytes('0'))));
    await store.create('/mine', bytes(''), { ephemeral: true });
    const fired = new Map<string, number>();
    await Promise.all(names.map((name) => store.read(name, () => fired.set(name, (fired.get(name) ?? 0) + 1))));
    let children = 0;
    await store.list('/many', () => children++);
    await server.restart();
    await Promise.all([store.session.connected(), writer.session.connected()]);
    await eventually(
      'both are back',
      () => writer.session.state === 'connected' && store.session.state === 'connected',
    );
    expect([store.session.generation, fired.size, children]).toEqual([1, 0, 0]);
    expect((await writer.stat('/mine'))?.ephemeral).toBe(true);
    await Promise.all(names.map((name) => writer.write(name, bytes('1'))));
    await writer.create('/many/another', bytes(''));
    await eventually('all watches fired', () => fired.size === 1000 && children === 1);
    expect(Math.max(...fired.values())).toBe(1);
  });

  it('keeps its session when its watches are too many to be set again in one message; each fires once', async () => {
    const store = await connect({ chroot: '/watches', sessionTimeout: 20 });
    const folder = `/${'long-name-'.repeat(60)}`;
    const names = Array.from({ length: 2000 }, (_, index) => `${folder}/${index}`);
    await store.create(folder, bytes(''));
    await store.create('/mine', bytes(''), { ephemeral: true });
    let fired = 0;
    await Promise.all(names.map((name) => store.stat(name, () => fired++)));
    await server.restart();
    await eventually('it is back', () => store.session.state === 'connected');
    expect(store.session.generation).toBe(1);
    expect((await store.stat('/mine'))?.ephemeral).toBe(true);
    // Told at once that they may have missed something, or told when it happens.
    await Promise.all(names.map((name) => store.create(name, bytes(''))));
    await eventually('all watches fired', () => fired === 2000);
    let again = 0;
    await store.read(`${folder}/0`, () => again++);
    await store.write(`${folder}/0`, bytes('x'));
    await eventually('a new watch fires', () => again === 1);
    expect(fired).toBe(2000);
  });

  it('is suspended by a server that hangs, and goes on with it', async () => {
    const store = await connect({ sessionTimeout: 4 });
    await store.create('/frozen', bytes(''));
    const states: string[] = [];
    store.session.onChange((event) => states.push(event.state));
    await server.freeze();
    try {
      await expect(store.stat('/frozen')).rejects.toMatchObject({ code: 'NP_CONNECTION_LOST' });
      expect(states).toEqual(['suspended']);
    } finally {
      server.thaw();
    }
    await eventually('it is connected', () => store.session.state === 'connected');
    expect(await store.stat('/frozen')).toBeDefined();
  });

  it('takes answers that come in many pieces', async () => {
    const store = await connect({ chroot: '/large' });
    const names = Array.from({ length: 4000 }, (_, index) => `${'name-'.repeat(30)}${index}`);
    await store.create('/folder', bytes(''));
    await Promise.all(names.map((name) => store.create(`/folder/${name}`, bytes(''))));
    const data = new Uint8Array(900_000).fill(42);
    await store.create('/record', data);
    for (let round = 0; round < 5; round++) {
      const [children, record] = await Promise.all([store.list('/folder'), store.read('/record')]);
      expect([children?.length, record?.data.length]).toEqual([4000, 900_000]);
    }
    expect(store.session.generation).toBe(1);
  });

  describe('with TLS', () => {
    let certificates: Certificates;
    let secure: ZooKeeperServer;
    beforeAll(async () => {
      certificates = await makeCertificates();
      secure = await ZooKeeperServer.start({ tls: certificates.server });
    });
    afterAll(async () => {
      await secure.stop();
      await certificates.remove();
    });
    const secureServers = (): ZooKeeperOptions['servers'] => [{ host: '127.0.0.1', port: secure.tlsPort }];

    it('[LAUNCHER 5] connects with certificates on both sides', async () => {
      const logger = new MemoryLogger();
      const store = await connect({ servers: secureServers(), tls: certificates.client, chroot: '/tls', logger });
      await store.create('/a', bytes('secret'));
      expect(text((await store.read('/a'))?.data)).toBe('secret');
      const large = new Uint8Array(900_000).fill(7);
      await store.write('/a', large);
      expect(Buffer.compare((await store.read('/a'))!.data, large)).toBe(0);
      const plain = await connect({ servers: [{ host: '127.0.0.1', port: secure.port }] });
      expect(await plain.list('/tls')).toEqual(['a']);
      expect(logger.messages('warn')).toEqual([]);
    });

    it('ends the session when closed, and comes back after a restart', async () => {
      const plain = await connect({ servers: [{ host: '127.0.0.1', port: secure.port }] });
      const store = await connect({ servers: secureServers(), tls: certificates.client, sessionTimeout: 30 });
      await store.create('/mine', bytes(''), { ephemeral: true });
      await secure.restart();
      await eventually('it is back', () => store.session.state === 'connected' && plain.session.state === 'connected');
      expect([store.session.generation, (await plain.stat('/mine'))?.ephemeral]).toEqual([1, true]);
      await store.close();
      expect(await plain.stat('/mine')).toBeUndefined();
    });

    it('is refused with a certificate of another authority', async () => {
      const logger = new MemoryLogger();
      const store = open({ servers: secureServers(), tls: certificates.stranger, logger });
      await store.start();
      await eventually('the operator is told', () => logger.messages('warn').length > 0);
      expect(store.session.generation).toBe(0);
    });

    it('is told at warning level if the certificate of the server is not of the authority given [B15]', async () => {
      const logger = new MemoryLogger();
      const tls = { ...certificates.client, ca: certificates.stranger.cert };
      await open({ servers: secureServers(), tls, logger }).start();
      const said = (): string => JSON.stringify(logger.lines.filter(({ level }) => level === 'warn'));
      await eventually('the operator is told', () =>
        said().includes('check the files named by zookeeper-tls, ca first'),
      );
    });

    it('[LAUNCHER 5] names every file that cannot be read or used', async () => {
      const tls = { cert: '/nowhere/client.pem', key: certificates.client.key, ca: '/nowhere/ca.pem' };
      const unreadable = await open({ servers: secureServers(), tls })
        .start()
        .catch((error: unknown) => error);
      expect(unreadable).toBeInstanceOf(ConfigError);
      expect(String(unreadable)).toMatch(/\/nowhere\/client\.pem: zookeeper-tls\.cert: .*ENOENT/);
      expect(String(unreadable)).toMatch(/\/nowhere\/ca\.pem: zookeeper-tls\.ca: /);
      expect(String(unreadable)).not.toContain('zookeeper-tls.key');
      const wrong = { ...certificates.client, key: certificates.client.cert };
      await expect(open({ servers: secureServers(), tls: wrong }).start()).rejects.toThrow(/zookeeper-tls\.key/);
    });
  });
});

describe.skipIf(withoutZooKeeper())('the wire client where clients have to sign in', () => {
  const user = { username: 'nodepool', password: 'a "quoted" word'.replaceAll('"', '') };
  let server: ZooKeeperServer;
  beforeAll(async () => {
    server = await ZooKeeperServer.start({ sasl: user });
  });
  afterAll(() => server.stop());

  const open = async (sasl: SaslCredentials, logger = new MemoryLogger()): Promise<WireTreeStore> => {
    const store = new WireTreeStore({
      servers: [{ host: '127.0.0.1', port: server.port }],
      chroot: '/signed',
      sessionTimeout: 6,
      tls: null,
      sasl,
      clock: new SystemClock(),
      random: new SystemRandom(),
      logger,
    });
    await store.start();
    return store;
  };

  it('is let in with the right password, also after a restart', async () => {
    const store = await open(user);
    try {
      await store.session.connected();
      await store.create('/a', bytes('x'));
      await server.restart();
      await eventually('it is back', () => store.session.state === 'connected');
      expect(text((await store.read('/a'))?.data)).toBe('x');
    } finally {
      await store.close();
    }
  });

  it('says that the password is wrong, without showing it, and goes on trying', async () => {
    const logger = new MemoryLogger();
    const store = await open({ ...user, password: 'wrong-secret' }, logger);
    try {
      await eventually('it is told', () => logger.messages('error').length > 0);
      expect(logger.messages('error')[0]).toMatch(/name and password/);
      expect(JSON.stringify(logger.lines)).not.toContain('wrong-secret');
      expect(store.session.generation).toBe(0);
    } finally {
      await store.close();
    }
  });
});
