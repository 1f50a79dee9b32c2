// npm run test:openstack: runs test/openstack against a real OpenStack control plane, which it brings up and takes down.
//
//   OSCLOUD_DIR   folder of a cloud that runs already (development): used as it is and left running
//
// Further arguments go to vitest. `up FOLDER` and `down FOLDER` do only that part.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { down, makeFolder, ready, takeDownAfterUs, up, whyNoCloud } from './lib/openstack-cloud.mjs';
import { preparation } from './lib/preparation.mjs';
import { build, ROOT, run } from './lib/steps.mjs';

/** Installation and start, on a machine that has other things to do. */
const PATIENCE = 600;

const [command, ...args] = process.argv.slice(2);

function vitest(folder) {
  const bin = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
  const env = { ...process.env, OSCLOUD_DIR: folder };
  return run(process.execPath, [bin, 'run', '--project', 'openstack', '--no-file-parallelism', ...args], { env });
}

async function testOnCloud() {
  if (!existsSync(path.join(ROOT, 'dist')) || process.env.NODEPOOL_BUILT !== 'true') build();
  const running = process.env.OSCLOUD_DIR;
  if (running !== undefined) {
    const problem = existsSync(path.join(running, 'clouds.yaml')) ? null : await ready(running, PATIENCE);
    if (problem === null) return vitest(running);
    console.error(`There is no cloud in ${running}: ${problem}`);
    return 1;
  }
  const why = whyNoCloud();
  if (why !== null) {
    console.error(`OpenStack cannot be tested here: ${why}`);
    return process.env.CI === 'true' ? 1 : 0;
  }
  const folder = makeFolder();
  const callOff = takeDownAfterUs(folder);
  try {
    const problem = await up(folder);
    if (problem === null) return vitest(folder);
    console.error(`OpenStack could not be brought up: ${problem}`);
    return 1;
  } finally {
    down(folder);
    callOff();
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
if (command === 'up') process.exitCode = (await up(args[0])) === null ? 0 : 1;
else if (command === 'down') down(args[0]);
else {
  // `test` is the command itself, what follows it is meant for vitest.
  process.exitCode = await preparation(['openstack'], args, testOnCloud);
}
