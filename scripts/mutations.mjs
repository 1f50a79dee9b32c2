// npm run mutations -- [--all] [--only WORDS] [--jobs J] [--check]: plants deliberate defects one by one, and sees that each is found.
//
// Without --all those whose code or test has changed since they were found the last time. What was found is written to
// test/mutations/findings.json and docs/mutations.md; --check writes nothing. Ends with 1 if a defect was not found.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { ROOT } from './lib/steps.mjs';

const SEEDS = 200;
/** Real seconds after which a mutant counts as hanging, which is a way to be found only for the simulator. */
const PATIENCE = 240;
const FINDINGS = path.join(ROOT, 'test/mutations/findings.json');

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    only: { type: 'string' },
    check: { type: 'boolean', default: false },
    jobs: { type: 'string', default: String(Math.min(2, os.availableParallelism())) },
  },
});

const folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-mutations-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));

async function bundle(entry, name, plugins = []) {
  await build({
    configFile: false,
    logLevel: 'error',
    root: ROOT,
    plugins,
    build: {
      ssr: entry,
      outDir: path.join(folder, name),
      minify: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'main.mjs' } },
    },
  });
  return path.join(folder, name, 'main.mjs');
}

const { AREAS, digestOf, mutationPlugin, MUTATIONS_PAGE, page } = await import(
  pathToFileURL(await bundle('test/mutations/main.ts', 'catalogue')).href
);

/** Runs a program; answers what it wrote, or null if it had to be ended. */
function output(args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, detached: true });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    child.stderr.on('data', (data) => (text += data));
    const late = setTimeout(() => {
      text = null;
      process.kill(-child.pid, 'SIGKILL');
    }, PATIENCE * 1000);
    child.on('close', () => {
      clearTimeout(late);
      resolve(text);
    });
  });
}

let runs = 0;

/** The name of the first test that fails, or a problem. */
async function byTest(mutation) {
  const report = path.join(folder, `report-${(runs += 1)}.json`);
  const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
  const config = path.join(ROOT, 'test/mutations/vitest.config.ts');
  const args = [vitest, 'run', '--config', config, '--reporter=json', `--outputFile.json=${report}`];
  const text = await output([...args, mutation.foundBy.test], { NODEPOOL_MUTATION: JSON.stringify(mutation) });
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { problem: text === null ? `no end after ${PATIENCE} s` : text.slice(-2000) };
  }
  const tests = result.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.find(({ status }) => status === 'failed');
  // A file that cannot even be loaded has found nothing.
  if (!failed) return { problem: tests.length === 0 ? `no test ran: ${text.slice(-2000)}` : 'every test passes' };
  return { by: `\`${mutation.foundBy.test}\`: ${failed.fullName.replaceAll('|', '\\|')}` };
}

/** What the simulator is made of without a defect: bundled once, when it is needed. */
let sound = null;

/** The rule that is broken, or a problem. The same world has to be sound without the defect. */
async function bySimulator(mutation) {
  const plugins = [mutationPlugin(ROOT, mutation)];
  const program = await bundle('test/mutations/simulate.ts', `simulator-${(runs += 1)}`, plugins);
  const text = await output([program, String(mutation.foundBy.simulatorFrom), String(SEEDS)]);
  if (text === null) return { problem: `no end after ${PATIENCE} s` };
  const [, rule, seed] = /^found: (.*) \(seed (\d+)\)$/m.exec(text) ?? [];
  if (seed === undefined) return { problem: text.slice(-2000) };
  const without = await output([await (sound ??= bundle('test/mutations/simulate.ts', 'sound')), seed, '1']);
  if (!without?.includes('no rule is broken'))
    return { problem: `without the defect seed ${seed} ends with ${without}` };
  return { by: `the simulator: ${rule} (seed ${seed})` };
}

const findings = JSON.parse(readFileSync(FINDINGS, 'utf8'));
const all = AREAS.flatMap(({ mutations }) => mutations);
const isFresh = (mutation) => findings[mutation.name]?.digest === digestOf(ROOT, mutation);
const chosen = all.filter(
  (mutation) =>
    (values.only === undefined || mutation.name.includes(values.only)) &&
    (values.all || values.only || !isFresh(mutation)),
);
const began = performance.now();
const survivors = [];
const queue = [...chosen];

async function serve() {
  for (let mutation = queue.shift(); mutation; mutation = queue.shift()) {
    const { by, problem } = await ('test' in mutation.foundBy ? byTest(mutation) : bySimulator(mutation));
    if (by) {
      findings[mutation.name] = { by, digest: digestOf(ROOT, mutation) };
      console.log(`found: ${mutation.name}\n       ${by}`);
    } else {
      survivors.push(mutation.name);
      console.log(`NOT FOUND: ${mutation.name}\n       ${problem}`);
    }
  }
}

await Promise.all(Array.from({ length: Number(values.jobs) }, serve));
const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(
  `${chosen.length} of ${all.length} defects planted in ${seconds} s: ${survivors.length === 0 ? 'all found' : `${survivors.length} not found`}`,
);
if (!values.check) {
  const kept = Object.fromEntries(
    all.flatMap(({ name }) => (name in findings && !survivors.includes(name) ? [[name, findings[name]]] : [])),
  );
  writeFileSync(FINDINGS, `${JSON.stringify(kept, null, 2)}\n`);
  writeFileSync(path.join(ROOT, MUTATIONS_PAGE), page(kept));
}
process.exitCode = survivors.length > 0 ? 1 : 0;
