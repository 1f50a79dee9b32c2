import type { BenchWorld } from './bench-world.js';
import { percentile, show } from './figures.js';
import { Readiness } from './readiness.js';
import { Requestor } from './requestor.js';

const REQUESTS = 50_000;
/** So few that nearly all of them wait. */
const MAX_SERVERS = 10;
/** Milliseconds between two questions to `/ready`, as a service manager or load balancer asks. */
const BETWEEN = 100;

/** What is left of a launcher to which somebody sends more requests than it can serve in days. */
export async function measureFlood(world: BenchWorld): Promise<void> {
  const client = await world.client();
  const chroot = await world.tree('flood', client);
  const launcher = await world.launcher(chroot, 'wire', MAX_SERVERS);
  const readiness = new Readiness(launcher.web, BETWEEN);
  const requestor = new Requestor(client, chroot);
  const started = performance.now();
  await requestor.submit(REQUESTS);
  const submitted = performance.now();
  await requestor.declined();
  const seen = performance.now();
  const answers = await readiness.end();
  const what = `${REQUESTS} requests at once:`;
  show({ what: `${what} to create them`, value: (submitted - started) / 1000, unit: 's', budget: null });
  show({ what: `${what} until one after them is answered`, value: (seen - submitted) / 1000, unit: 's', budget: 5 });
  show({ what: `${what} /ready, p99`, value: percentile(answers, 0.99), unit: 'ms', budget: 200 });
  show({ what: `${what} /ready, longest`, value: Math.max(...answers), unit: 'ms', budget: null });
  show({ what: `${what} CPU`, value: launcher.cpu, unit: 's', budget: null });
  show({ what: `${what} resident memory at most`, value: launcher.peak / 1e6, unit: 'MB', budget: null });
  await launcher.stop();
}
