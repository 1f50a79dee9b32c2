import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instructions } from '../support/container-file.js';
import type { Instruction } from '../support/container-file.js';
import { checkBuilt, ROOT } from '../support/daemon-build.js';
import { SystemCopy, withoutSystemCopy } from '../support/system-copy.js';

/** What needs a registry or a mirror: their result is here already. */
const FETCHES = /^apt-get |^npm ci\b|npm prune\b/;
const BUILD_STAGE = '/stage-build';

/** Carries out a Containerfile in a copy of this system, which stands for each of its base images. */
class ContainerBuild {
  private folder = '/';
  user = 'root';

  constructor(private readonly system: SystemCopy) {}

  carryOut({ name, rest }: Instruction): void {
    if (name === 'WORKDIR') this.enter(rest);
    else if (name === 'COPY') this.copy(rest.split(/\s+/));
    else if (name === 'RUN') this.run(rest.split(/\s*&&\s*/).filter((command) => !FETCHES.test(command)));
    else if (name === 'USER') this.user = rest;
  }

  private enter(folder: string): void {
    this.folder = folder;
    this.system.must('mkdir', '-p', folder);
  }

  private copy(words: readonly string[]): void {
    const from = words[0] === '--from=build';
    const sources = words.slice(from ? 1 : 0, -1);
    const target = path.resolve(this.folder, words.at(-1) ?? '');
    const places = sources.map((source) =>
      from ? source.replace('/opt/nodepool', BUILD_STAGE) : path.join(ROOT, source),
    );
    // A folder's contents are what is copied, as builders do it.
    for (const place of places) {
      const copy = `if [ -L "$0" ]; then cp -a "$0" "$1"; elif [ -d "$0" ]; then mkdir -p "$1" && cp -a "$0/." "$1"; else cp -a "$0" "$1"; fi`;
      this.system.must('sh', '-c', copy, place, target);
    }
  }

  private run(commands: readonly string[]): void {
    if (commands.length > 0) this.system.must('sh', '-c', `cd "$0" && ${commands.join(' && ')}`, this.folder);
  }
}

if (!withoutSystemCopy())
  describe('the container file', () => {
    let system: SystemCopy;
    beforeAll(async () => {
      checkBuilt();
      system = await SystemCopy.make();
    });
    afterAll(() => system.remove());

    it('makes what runs as its user: everything is copied that is needed, and each command of ours works', () => {
      const all = instructions(readFileSync(path.join(ROOT, 'packaging/container/Containerfile'), 'utf8'));
      const second = all.findLastIndex(({ name }) => name === 'FROM');
      const first = new ContainerBuild(system);
      for (const instruction of all.slice(0, second)) {
        first.carryOut(instruction);
        // What npm would bring, and what the compiler would make of the same sources.
        if (instruction.name !== 'WORKDIR') continue;
        system.must('ln', '-s', path.join(ROOT, 'node_modules'), '/opt/nodepool/node_modules');
        system.must('cp', '-a', `${ROOT}/dist/.`, '/opt/nodepool/dist');
      }
      system.must('mv', '/opt/nodepool', BUILD_STAGE);
      const image = new ContainerBuild(system);
      for (const instruction of all.slice(second)) image.carryOut(instruction);
      expect(image.user).toBe('nodepool');
      for (const program of ['nodepool', 'nodepool-launcher', 'nodepool-builder', 'nodepool-standalone']) {
        expect(system.must('runuser', '-u', image.user, '--', program, '--version')).toMatch(/^Nodepool version: \d/);
      }
    });
  });
