// npm run check:lines: which lines of the two behaviour checklists have a test that names them in its title, or a reason why
// they have none. Fails when a line is missing in a range that is declared complete.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './lib/steps.mjs';

/** Lines of a checklist are counted in the document itself; `complete`: ranges in which none may be missing. */
const CHECKLISTS = {
  LAUNCHER: { lines: linesOf('launcher.md'), complete: [[1, 134]] },
  BUILDER: { lines: linesOf('builder.md'), complete: [[1, 190]] },
};

function linesOf(document) {
  const text = readFileSync(path.join(ROOT, 'docs/spec', document), 'utf8');
  const numbers = [...text.matchAll(/^\d+\. <a id="line-(\d+)"><\/a>/gm)].map((match) => Number(match[1]));
  const gap = numbers.findIndex((number, index) => number !== index + 1);
  if (numbers.length === 0 || gap >= 0)
    throw new Error(`docs/spec/${document}: line ${gap + 1} of the checklist is missing`);
  return numbers.length;
}

const covered = { LAUNCHER: new Set(), BUILDER: new Set() };

/** `5`, `40, 41` or `1-40`; anything else is no list of lines (a section number, say). */
function cover(checklist, list) {
  for (const part of list.split(',')) {
    const range = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part);
    if (!range) continue;
    for (let line = Number(range[1]); line <= Number(range[2] ?? range[1]); line += 1) covered[checklist].add(line);
  }
}

function coverAll(text) {
  for (const [, checklist, list] of text.matchAll(/\[(LAUNCHER|BUILDER) ([^\]]*)\]/g)) cover(checklist, list);
}

/** Titles are texts in files of tests, also those in the tables of `it.each`; comments do not count. */
function readTitles(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!/\.(test|suite)\.ts$/.test(name)) continue;
    for (const line of readFileSync(path.join(folder, name), 'utf8').split('\n')) {
      const [text] = /['"`].*$/.exec(line) ?? [];
      if (text !== undefined && !/^\s*(\/\/|\/?\*)/.test(line)) coverAll(text);
    }
  }
}

/** `<name of a conformance test>: LAUNCHER 1, 2; BUILDER 3`; tests that do not pass cover nothing. */
function readConformance(folder) {
  const list = path.join(folder, 'lines.txt');
  if (!existsSync(list)) return;
  const names = readdirSync(folder).filter((name) => name.startsWith('passing'));
  const passing = new Set(names.flatMap((name) => readFileSync(path.join(folder, name), 'utf8').split('\n')));
  for (const entry of readFileSync(list, 'utf8').split('\n')) {
    const [, test, lines] = /^([^#:\s]+):(.*)$/.exec(entry) ?? [];
    if (test === undefined || lines === undefined || !passing.has(test)) continue;
    for (const [, checklist, numbers] of lines.matchAll(/(LAUNCHER|BUILDER)\s+([\d\s,-]+)/g)) cover(checklist, numbers);
  }
}

/** `LAUNCHER n: reason` or `BUILDER n: reason` on a line of its own, as an item of a list or not. */
function readReasons(file) {
  if (!existsSync(file)) return;
  const reason = /^[\s*-]*`?(LAUNCHER|BUILDER) ([\d\s,-]+)`?:`?\s+\S/gm;
  for (const [, checklist, list] of readFileSync(file, 'utf8').matchAll(reason)) cover(checklist, list);
}

readTitles(path.join(ROOT, 'test'));
readConformance(path.join(ROOT, 'test/conformance'));
readReasons(path.join(ROOT, 'docs/compatibility.md'));

for (const [checklist, { lines, complete }] of Object.entries(CHECKLISTS)) {
  const all = Array.from({ length: lines }, (_, index) => index + 1);
  const missing = all.filter((line) => !covered[checklist].has(line));
  const promised = missing.filter((line) => complete.some(([from, to]) => from <= line && line <= to));
  console.log(`${checklist}: ${lines - missing.length} of ${lines} lines have a test or a reason`);
  if (missing.length > 0) console.log(`  without: ${missing.join(' ')}`);
  if (promised.length === 0) continue;
  console.error(`  declared complete all the same: ${promised.join(' ')}`);
  process.exitCode = 1;
}
