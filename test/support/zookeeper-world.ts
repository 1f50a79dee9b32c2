import { setTimeout as delay } from 'node:timers/promises';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';
import { FlakyProxy } from './flaky-proxy.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { eventually } from './eventually.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { endSession } from './session-end.js';
import type { StoreWorld } from './store-world.js';
import { NATIVE } from './zookeeper-clients.js';
import type { ZooKeeperClient } from './zookeeper-clients.js';
import type { ZooKeeperServer } from './zookeeper-server.js';

let worlds = 0;

/** A tree of its own on a real server; each store reaches it through a network of its own. */
export function zooKeeperWorld(
  server: ZooKeeperServer,
  client: ZooKeeperClient = NATIVE,
): StoreWorld & { readonly chroot: string } {
  const chroot = `/world-${process.pid}-${++worlds}`;
  const clock = new SystemClock();
  const proxies = new Map<TreeStore, FlakyProxy>();
  const proxyOf = (store: TreeStore): FlakyProxy => {
    const proxy = proxies.get(store);
    if (!proxy) throw new Error('not a store of this world');
    return proxy;
  };
  return {
    chroot,
    clock,
    async open() {
      const proxy = await FlakyProxy.open(server.port);
      const store = client.make({
        servers: [{ host: '127.0.0.1', port: proxy.port }],
        chroot,
        sessionTimeout: 5,
        tls: null,
        clock,
        logger: new MemoryLogger(),
      });
      proxies.set(store, proxy);
      await store.start();
      await store.session.connected();
      return store;
    },
    async cut(store) {
      proxyOf(store).cut();
      await eventually('the cut is noticed', () => store.session.state !== 'connected');
    },
    restore: (store) => proxyOf(store).restore(),
    async expire(store) {
      const proxy = proxyOf(store);
      const wasCut = proxy.isCut;
      // The client must not come back before its session is over: it would take the session over again.
      proxy.cut();
      if (proxy.session) await endSession(server.port, proxy.session);
      if (!wasCut) proxy.restore();
    },
    loseNextReply: (store, call) => proxyOf(store).loseNextReply(call),
    pass: (seconds) => delay(seconds * 1000),
    eventually,
    async end() {
      // A close with the connection up would wait for the server, and with it for the proxies in this very thread.
      for (const [store, proxy] of proxies) {
        proxy.cut();
        await eventually('the cut is noticed', () => store.session.state !== 'connected');
        await store.close();
        await proxy.close();
      }
    },
  };
}
