/** Measures the launcher against the budgets of docs/performance.md. Never fails for want of speed. */
import 'reflect-metadata';
import { BenchWorld } from './bench-world.js';
import { showHeader, showLoad } from './figures.js';
import { measureClients } from './measure-clients.js';
import { measureDecisions } from './measure-decisions.js';
import { measureFlood } from './measure-flood.js';
import { measureIdle, measureMirror } from './measure-mirror.js';
import { measureAlone, measureBurst, measureTrickle } from './measure-requests.js';
import { measureRoundTrips } from './measure-round-trips.js';
import { measureLeases } from './measure-leases.js';
import { measureLibvirt } from './measure-libvirt.js';
import { measureStart } from './measure-start.js';
import { measureStore } from './measure-store.js';

const MEASUREMENTS = {
  'round-trips': measureRoundTrips,
  start: measureStart,
  alone: measureAlone,
  burst: measureBurst,
  trickle: measureTrickle,
  idle: measureIdle,
  mirror: measureMirror,
  decisions: measureDecisions,
  flood: measureFlood,
} as const;

const wanted = process.argv.slice(2);
/** Both clients of ZooKeeper side by side; four minutes, so only when named. */
const WHEN_NAMED = { clients: measureClients } as const;
/** These need no ZooKeeper. */
const BY_THEMSELVES = { store: measureStore, leases: measureLeases, libvirt: measureLibvirt } as const;
for (const [name, measure] of Object.entries(BY_THEMSELVES))
  if (wanted.includes(name) || (wanted.length === 0 && name !== 'libvirt')) await measure();
if (wanted.length === 0 || wanted.some((name) => !(name in BY_THEMSELVES))) await measureLauncher();

async function measureLauncher(): Promise<void> {
  const world = await BenchWorld.open();
  try {
    showLoad();
    showHeader();
    for (const [name, measure] of Object.entries(MEASUREMENTS)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      await measure(world);
      await world.closeClients();
    }
    for (const [name, measure] of Object.entries(WHEN_NAMED)) if (wanted.includes(name)) await measure(world);
    showLoad();
  } finally {
    await world.close();
  }
}
