import { describe, expect, it } from 'vitest';
import { COMMAND_BLOCKS, type CommandBlock } from './command-blocks.js';
import { exists } from './documents.js';

/** What blocks that `test/e2e/documents.test.ts` runs may begin their lines with. */
const RUN_THERE = /^(nodepool( |$)|NODEPOOL_CONNECT_TIMEOUT=\d+ nodepool |eval "\$\(nodepool )/;

const where = ({ file, line }: CommandBlock): string => `${file}:${line}`;

describe('blocks of commands in the documents', () => {
  it('are found', () => {
    expect(COMMAND_BLOCKS.length).toBeGreaterThan(40);
  });

  it('are run by the test of the documents, or say why not', () => {
    const run = COMMAND_BLOCKS.filter(({ mark }) => mark.kind === 'run');
    const strange = run.filter(({ text }) => !text.split('\n').every((line) => RUN_THERE.test(line)));
    expect(
      strange.map(
        (block) => `${where(block)}: mark it with <!-- not run: … -->, <!-- run by: … --> or <!-- output -->`,
      ),
    ).toEqual([]);
  });

  it('are left to another test only if there is one', () => {
    for (const block of COMMAND_BLOCKS) {
      if (block.mark.kind === 'run by') expect(exists(block.mark.test), where(block)).toBe(true);
    }
  });

  it('that nobody runs are these', () => {
    const idle = COMMAND_BLOCKS.flatMap(({ file, heading, mark }) =>
      mark.kind === 'not run' ? [`${file} (${heading}): ${mark.why}`] : [],
    );
    expect(idle).toMatchInlineSnapshot(`
      [
        "CONTRIBUTING.md (Contributing): it is what the checks are made of",
        "README.md (Test it): it is what runs the tests",
        "docs/performance.md (Performance): takes minutes, and says nothing on a busy machine",
        "docs/guide/daemons.md (Builds that are ended): about mounts that a killed build left behind",
        "docs/guide/daemons.md (systemd): needs systemd",
        "docs/guide/daemons.md (systemd): needs systemd",
        "docs/guide/daemons.md (Containers): needs podman",
        "docs/guide/day-to-day.md (Stopping and upgrading): replaces the installation",
        "docs/guide/install.md (Packages): installs packages",
        "docs/guide/install.md (Packages): installs packages",
        "docs/guide/install.md (Nodepool): replaces the installation; test/unit/docs/examples.test.ts checks what is linked",
        "docs/guide/install.md (As an npm package): installs packages; test/e2e/packed-product.test.ts installs what is packed",
        "docs/guide/install.md (As an npm package): installs packages; test/e2e/packed-product.test.ts installs what is packed",
        "docs/guide/install.md (As a Debian package): installs packages; test/e2e/debian-package.test.ts installs, upgrades, removes and purges what is packed",
        "docs/guide/install.md (As a Debian package): installs packages; test/e2e/debian-package.test.ts installs, upgrades, removes and purges what is packed",
        "docs/guide/install.md (User and directories): changes the machine",
        "docs/guide/install.md (User and directories): changes the machine",
        "docs/guide/install.md (Under systemd): needs systemd",
        "docs/guide/install.md (Is it working?): needs systemd",
        "docs/guide/install.md (Stopping): needs systemd",
        "docs/guide/kubernetes.md (Installing the drivers): installs packages; test/e2e/packed-product.test.ts installs what is packed",
        "docs/guide/kubernetes.md (Installing the drivers): installs packages; test/e2e/packed-product.test.ts installs what is packed",
        "docs/guide/one-machine.md (A pool in five minutes): needs systemd",
        "docs/guide/own-host.md (What the host needs): it installs packages",
        "docs/guide/own-host.md (What the host needs): it installs packages",
      ]
    `);
  });

  it('are output only if they are no commands of ours', () => {
    const outputs = COMMAND_BLOCKS.filter(({ mark }) => mark.kind === 'output');
    expect(outputs.filter(({ text }) => /^(nodepool|npm|npx|node) /m.test(text)).map(where)).toEqual([]);
  });
});
