// npm run simulate -- [--seeds N | --hours H] [--from S | --fresh] [--seed S] [--jobs J]: deterministic simulation of the whole system under faults.
// --fresh begins with a seed that belongs to the commit, --hours begins no seed after so many hours, and at one that nobody has had;
// --seed replays one seed with everything that happens in it. Interrupted, it ends the seeds under way and sums up; a second time it ends at once.
// Ends with 1 if a rule was broken.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'vite';
import { firstFreshSeed } from './lib/fresh-seeds.mjs';
import { ROOT } from './lib/steps.mjs';

/** Real seconds without a sign of life after which a worker is held to be in an endless loop. */
const PATIENCE = 60;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    hours: { type: 'string' },
    from: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    seed: { type: 'string' },
    jobs: { type: 'string', default: String(Math.min(2, os.availableParallelism())) },
  },
});
const readable = values.seed !== undefined;
const night = values.hours === undefined ? null : Number(values.hours);
/** A night begins elsewhere each time. */
const byItself = values.fresh ? firstFreshSeed() : night === null ? 1 : Math.floor(Date.now() / 1000);
const first = Number(values.seed ?? values.from ?? byItself);
const count = readable ? 1 : night === null ? Number(values.seeds) : Number.MAX_SAFE_INTEGER - first;
if (
  ![first, count, Number(values.jobs)].every((number) => Number.isInteger(number) && number >= 0) ||
  !(night === null || night > 0)
) {
  console.error('simulate: --seeds, --from, --seed and --jobs take whole numbers, --hours a positive one');
  process.exit(2);
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-simulation-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
await build({
  configFile: false,
  logLevel: 'error',
  root: ROOT,
  build: {
    ssr: 'test/simulation/simulate.ts',
    outDir: folder,
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    target: 'node20',
    rollupOptions: { output: { entryFileNames: 'simulate.mjs' } },
  },
});
symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));

const begun = performance.now();
const broken = [];
let stopped = false;
// Whoever interrupts it is told of the seeds so far.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopped = true));
/** Whether another seed is to be begun. */
const goesOn = () =>
  !stopped && next < first + count && (night === null || performance.now() - begun < night * 3_600_000);
let next = first;
let done = 0;
let virtualSeconds = 0;
let changes = 0;

function report(result) {
  done += 1;
  virtualSeconds += result.virtualSeconds ?? 0;
  changes += result.changes ?? 0;
  for (const line of result.lines ?? []) console.log(line);
  const problem = result.error ?? (result.violation && `${result.violation.rule}: ${result.violation.detail}`);
  if (problem) {
    broken.push(result.seed);
    console.log(`seed ${result.seed}: ${problem}`);
    for (const line of result.report ?? []) console.log(`  ${line}`);
    console.log(`  npm run simulate -- --seed ${result.seed}`);
  } else if (readable)
    console.log(`seed ${result.seed}: all rules hold; digest ${result.digest} ${JSON.stringify(result.jobs)}`);
}

/** One worker thread at a time; a new one if it had to be ended. */
function serve() {
  return new Promise((resolve) => {
    const heart = new SharedArrayBuffer(8);
    const beats = new Int32Array(heart);
    const worker = new Worker(path.join(folder, 'simulate.mjs'), { workerData: { heart } });
    let seed = null;
    let seen = -1;
    let silentSince = performance.now();
    const watchdog = setInterval(() => {
      const beat = Atomics.load(beats, 0);
      if (beat !== seen || seed === null) {
        seen = beat;
        silentSince = performance.now();
      } else if (performance.now() - silentSince > PATIENCE * 1000) {
        const at = Atomics.load(beats, 1);
        end({ seed, error: `an endless loop after virtual second ${at}: no sign of life for ${PATIENCE} s` });
      }
    }, 1000);
    const end = (result) => {
      clearInterval(watchdog);
      worker.removeAllListeners();
      void worker.terminate().then(() => {
        if (result) report(result);
        if (result && goesOn()) serve().then(resolve);
        else resolve();
      });
    };
    const order = () => {
      if (!goesOn()) return end(null);
      seed = next++;
      silentSince = performance.now();
      worker.postMessage({ seed, readable });
    };
    worker.on('message', (result) => {
      report(result);
      order();
    });
    worker.on('error', (error) => end({ seed, error: String(error.stack ?? error) }));
    order();
  });
}

await Promise.all(Array.from({ length: Math.min(Number(values.jobs), count) }, serve));
if (!readable) {
  if (values.fresh || night !== null) console.log(`seeds from ${first}`);
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${done} seeds in ${seconds.toFixed(1)} s (${(done / seconds).toFixed(2)} a second): ` +
      `${(virtualSeconds / 3600).toFixed(1)} simulated hours, ${changes} changes of the tree, ` +
      `${broken.length === 0 ? 'all rules hold' : `broken by ${broken.length}: ${broken.sort((a, b) => a - b).join(' ')}`}`,
  );
}
process.exitCode = broken.length > 0 ? 1 : 0;
