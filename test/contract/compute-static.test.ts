import { SshHostKeyScanner } from '../../src/adapters/ssh/ssh-host-key-scanner.js';
import { StaticDriver } from '../../src/adapters/static/static-driver.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import type { Provider } from '../../src/ports/compute/provider.js';
import { describeComputeContract } from './compute.suite.js';
import { aLabel, aPool, aProvider } from './compute-fixture.js';
import { newKey, SshServer } from './host-key-server.js';

const key = newKey('ed25519');

describeComputeContract('static', async () => {
  const server = await SshServer.start([key], 0);
  const machine = {
    name: '127.0.0.1',
    labels: ['small'],
    timeout: 5,
    connectionPort: server.port,
    connectionType: 'ssh',
    username: 'zuul',
    hostKeys: [key.public.split(' ').slice(0, 2).join(' ')],
    maxParallelJobs: 2,
    hostKeyChecking: true,
    pythonPath: 'auto',
    shellType: null,
  };
  const pool = aPool({ settings: { nodes: [machine] } });
  const config = aProvider({ driver: 'static', managesImages: false, pools: new Map([['main', pool]]) });
  const open = (): Provider => new StaticDriver(new SshHostKeyScanner(new SystemClock())).createProvider(config);
  return {
    provider: open(),
    reopen: open,
    capabilities: { images: false, quota: false, leaks: false, zones: false, console: false },
    spec: (nodeId) => ({
      nodeId,
      hostname: `np${nodeId}`,
      pool,
      label: aLabel(),
      image: { kind: 'none' },
      az: null,
      metadata: {},
    }),
    unknownImage: { kind: 'none' },
    upload: null,
    run: (promise) => promise,
    exhaustQuota: null,
    hangNextCreate: null,
    breakNextBoot: null,
    fixedPool: pool,
    close: () => server.close(),
  };
});
