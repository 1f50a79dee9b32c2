import { setMaxListeners } from 'node:events';
import { libvirtPool, libvirtTestBench, never } from '../support/libvirt-bench.js';
import { LibvirtDaemon } from '../support/libvirt-daemon.js';
import { USER_NETWORK } from '../support/libvirt-bench.js';
import type { LibvirtTestBench } from '../support/libvirt-bench.js';
import { percentile, show, showHeader, showLoad } from './figures.js';

const ROUNDS = 10;
const TOGETHER = 20;

/** Launches and deletions by the driver `libvirt`, without the boot of the machine. */
export async function measureLibvirt(): Promise<void> {
  showLoad();
  showHeader();
  // All calls of a measurement have one signal.
  setMaxListeners(0, never);
  const network = { kind: 'network', name: 'default' } as const;
  const test = await libvirtTestBench({ storagePool: 'default-pool' }, libvirtPool(network));
  await measureOn(test, 'test:///', TOGETHER);
  if (process.getuid?.() === 0) {
    const daemon = await LibvirtDaemon.start();
    try {
      await measureOn(await libvirtTestBench({ uri: daemon.uri }, libvirtPool(USER_NETWORK)), 'QEMU (TCG)', 4);
    } finally {
      await daemon.stop();
    }
  }
  showLoad();
}

async function measureOn(bench: LibvirtTestBench, name: string, together: number): Promise<void> {
  const provider = bench.make();
  await provider.start(never);
  const [launches, deletions]: [number[], number[]] = [[], []];
  const timed = async <T>(into: number[], work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    into.push(performance.now() - began);
    return result;
  };
  for (let count = 0; count < ROUNDS; count += 1) {
    const id = await timed(launches, () => provider.create(bench.spec(String(count).padStart(10, '0')), never));
    await timed(deletions, () => provider.delete(id, never));
  }
  show({ what: `${name}: launch, p50`, value: percentile(launches, 0.5), unit: 'ms', budget: 2000 });
  show({ what: `${name}: launch, the longest of ${ROUNDS}`, value: Math.max(...launches), unit: 'ms', budget: 2000 });
  show({ what: `${name}: deletion, p50`, value: percentile(deletions, 0.5), unit: 'ms', budget: null });
  const began = performance.now();
  const specs = Array.from({ length: together }, (_, index) => bench.spec(String(1000 + index).padStart(10, '0')));
  const ids = await Promise.all(specs.map((spec) => provider.create(spec, never)));
  const launched = performance.now();
  await Promise.all(ids.map((id) => provider.delete(id, never)));
  show({ what: `${name}: ${together} launches at once`, value: launched - began, unit: 'ms', budget: null });
  show({ what: `${name}: their deletion`, value: performance.now() - launched, unit: 'ms', budget: null });
  await provider.stop();
  await bench.close();
}
