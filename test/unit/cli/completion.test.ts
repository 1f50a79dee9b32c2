import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completionScript } from '../../../src/adapters/cli/completion/completion-script.js';
import type { CommandSpec } from '../../../src/adapters/cli/program-spec.js';
import { NODEPOOL_PROGRAM } from '../../../src/adapters/cli/nodepool-program.js';
import { AdministrationBench } from '../administration/administration-bench.js';
import { SHELLS } from '../../../src/adapters/cli/program-spec.js';
import { Terminal } from './terminal.js';

const NAMES = `#!/bin/sh
case "$*" in
  "names images") echo debian-stable; echo debian-testing; echo rocky ;;
  "-c my file.yaml names images") echo of-my-file ;;
  "names labels") echo small; echo big ;;
  "-c x -s y names labels") echo secret ;;
  "names providers") echo cloud-one ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
`;

const COMMANDS = NODEPOOL_PROGRAM.commands.map(({ name }) => name);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodepool-completion-'));
  await writeFile(join(folder, 'my file.yaml'), '');
  await writeFile(join(folder, 'other.json'), '');
  // Stands for the program itself, which knows the names in the file that it is given.
  await writeFile(join(folder, 'nodepool'), NAMES);
  await chmod(join(folder, 'nodepool'), 0o755);
  for (const shell of SHELLS) {
    await writeFile(join(folder, `nodepool.${shell}`), completionScript(NODEPOOL_PROGRAM, shell));
  }
});
afterAll(() => rm(folder, { recursive: true }));

test('completion prints the script, with no configuration and no connection', async () => {
  const bench = new AdministrationBench();
  const terminal = new Terminal(bench);
  for (const shell of SHELLS) {
    const stdout = completionScript(NODEPOOL_PROGRAM, shell);
    expect(await terminal.run(['completion', shell])).toEqual({ exitCode: 0, stdout, stderr: '' });
  }
  expect(terminal.opened).toEqual([]);
  expect(await terminal.run(['completion'])).toMatchObject({ exitCode: 2 });
  await bench.close();
});

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 20_000,
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder, TERM: 'dumb' },
  });
  if (error) throw error;
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

describe('bash', () => {
  /** @param words as bash takes the line apart; the last one is completed */
  function complete(...words: readonly string[]): readonly string[] {
    const script = `
      set -u
      source nodepool.bash
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _nodepool
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const lines = run('bash', ['--norc', '-c', script, 'bash', 'nodepool', ...words]).split('\n');
    return lines.filter((line) => line !== '').sort();
  }

  test('names from the configuration', () => {
    expect(complete('image-build', 'deb')).toEqual(['debian-stable', 'debian-testing']);
    expect(complete('explain', 'label', '')).toEqual(['big', 'small']);
    expect(complete('explain', 'node', '')).toEqual([]);
    expect(complete('-c', 'my file.yaml', 'image-pause', '')).toEqual(['of-my-file']);
    expect(complete('-c', 'x', '-s', 'y', 'explain', 'label', '')).toEqual(['secret']);
    expect(complete('image-delete', '--provider', '=', 'cl')).toEqual(['cloud-one']);
  });

  test('registers itself for nodepool', () => {
    expect(run('bash', ['--norc', '-c', 'source nodepool.bash; complete -p nodepool'])).toBe(
      'complete -F _nodepool nodepool\n',
    );
  });

  test('subcommands, all and by their beginning, also after options of the program', () => {
    expect(complete('')).toEqual([...COMMANDS].sort());
    expect(complete('image-p')).toEqual(['image-pause']);
    expect(complete('-c', 'list', '--debug', 'dib')).toEqual(['dib-image-delete', 'dib-image-list']);
    expect(complete('--connect-timeout', '=', '5', 'ho')).toEqual(['hold']);
  });

  test('options of the program and of each subcommand', () => {
    expect(complete('--')).toEqual(['--connect-timeout', '--debug', '--help', '--url', '--version']);
    for (const { name, options = [] } of NODEPOOL_PROGRAM.commands as readonly {
      name: string;
      options?: readonly { flag: string }[];
    }[]) {
      expect(complete(name, '--'), name).toEqual(['--help', ...options.map(({ flag }) => flag)].sort());
    }
  });

  test('values of options, also after an equals sign, and lists with commas', () => {
    expect(complete('list', '--format', '')).toEqual(['csv', 'json', 'table']);
    expect(complete('list', '--format', '=', 'j')).toEqual(['json']);
    expect(complete('list', '--format', '=')).toEqual(['csv', 'json', 'table']);
    expect(complete('list', '--columns', 'pub')).toEqual(['public_ipv4']);
    expect(complete('list', '--columns', 'id,st')).toEqual(['id,state']);
    expect(complete('delete', '--timeout', '')).toEqual([]);
  });

  test('arguments that are one of a few words, and files', () => {
    expect(complete('explain', '')).toEqual(['image', 'label', 'node', 'pool', 'provider', 'request']);
    expect(complete('explain', '--launcher', 'x', 'n')).toEqual(['node']);
    expect(complete('explain', 'provider', '')).toEqual(complete('info', ''));
    expect(complete('explain', 'request', '7', '--if', 'quota-')).toEqual([
      'quota-cores=',
      'quota-instances=',
      'quota-ram=',
    ]);
    expect(complete('explain', 'node', '')).toEqual([]);
    expect(complete('completion', 'z')).toEqual(['zsh']);
    expect(complete('names', 'l')).toEqual(['labels']);
    expect(complete('export-image-data', 'ot')).toEqual(['other.json']);
    expect(complete('-c', 'my')).toEqual(['my file.yaml']);
    expect(complete('hold', 'ot')).toEqual([]);
  });
});

describe('names from the configuration [C20]', () => {
  test('are what nodepool names prints, for the file that is given', async () => {
    const bench = new AdministrationBench();
    const terminal = new Terminal(bench);
    const run = await terminal.run(['-c', 'x.yaml', 'names', 'images']);
    expect(run).toEqual({ exitCode: 0, stdout: 'images of x.yaml\nanother\n', stderr: '' });
    expect(terminal.opened).toEqual([]);
    await bench.close();
  });

  test('stand where the program takes a name', () => {
    const taking = NODEPOOL_PROGRAM.commands.flatMap((command: CommandSpec) => [
      ...(command.arguments ?? []).flatMap(({ name, names }) =>
        names === undefined ? [] : [`${command.name} ${name}`],
      ),
      ...(command.options ?? []).flatMap(({ flag, value }) =>
        value?.kind === 'name' ? [`${command.name} ${flag}`] : [],
      ),
    ]);
    expect(taking).toEqual(
      expect.arrayContaining([
        'image-build image',
        'image-pause image',
        'image-unpause image',
        'image-delete --image',
        'image-delete --provider',
        'alien-image-list provider',
        'info provider',
        'erase provider',
        'explain id',
      ]),
    );
  });
});

function without(shell: string): boolean {
  if (!spawnSync(shell, ['--version']).error) return false;
  if (process.env['CI'] === 'true') throw new Error(`${shell} is not installed`);
  console.warn(`Skipped, for want of ${shell}: completion there`);
  return true;
}
const withoutZsh = (): boolean => without('zsh');
const withoutFish = (): boolean => without('fish');

describe.skipIf(withoutFish())('fish [C20]', () => {
  /** What fish offers for each line. */
  function offered(...lines: readonly string[]): readonly (readonly string[])[] {
    const script = `
      set -g fish_complete_path
      source ./nodepool.fish
      for line in $argv
        echo "== $line"
        complete -C "$line"
      end`;
    const answers = run('fish', ['--no-config', '-c', script, ...lines])
      .split(/^== .*\n/m)
      .slice(1);
    return answers.map((text) =>
      text
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']))
        .sort(),
    );
  }

  test('subcommands, options, values, columns, choices, files and names', () => {
    const expected: readonly (readonly [string, readonly string[]])[] = [
      ['nodepool ', [...COMMANDS].sort()],
      ['nodepool dib-image-d', ['dib-image-delete']],
      ['nodepool --deb', ['--debug']],
      ['nodepool -c x list --det', ['--detail']],
      ['nodepool list --deb', []],
      ['nodepool list --format=j', ['--format=json']],
      ['nodepool list --format ', ['csv', 'json', 'table']],
      ['nodepool list --columns id,pub', ['id,public_ipv4']],
      ['nodepool explain no', ['node']],
      ['nodepool explain node ', []],
      ['nodepool explain label ', ['big', 'small']],
      ['nodepool export-image-data oth', ['other.json']],
      ['nodepool hold oth', []],
      ['nodepool image-build deb', ['debian-stable', 'debian-testing']],
      ["nodepool -c 'my file.yaml' image-pause ", ['of-my-file']],
      ['nodepool -c x -s y explain label ', ['secret']],
      ['nodepool image-delete --provider ', ['cloud-one']],
      ['nodepool completion f', ['fish']],
    ];
    expect(offered(...expected.map(([line]) => line))).toEqual(expected.map(([, words]) => words));
  });
});

describe.skipIf(withoutZsh())('zsh', () => {
  /**
   * What an interactive zsh in a terminal of its own makes of a line when the tab key is pressed. What is waited for must not stand in
   * what is typed: the terminal shows that too, on a busy machine later than one thinks.
   */
  function typed(...lines: readonly string[]): readonly string[] {
    const script = `
      zmodload zsh/zpty
      zpty shell zsh -f -i
      read_until() { local text= part; while zpty -r shell part; do text+=$part; [[ $text == *$1* ]] && break; done; REPLY=$text }
      zpty -w shell 'PS1= PS2=; autoload -Uz compinit && compinit -u -d ./dump; source ./nodepool.zsh; zstyle ":completion:*" list-prompt; LISTMAX=1000 KEYTIMEOUT=1'
      zpty -w shell 'show() { print -r -- "<""<$BUFFER>"">"; BUFFER=; zle .accept-line }; zle -N show; bindkey "^X" show; bindkey "^I" complete-word; print rea''dy'
      read_until ready
      for line in "$@"; do
        zpty -w -n shell "$line"$'\\t\\x18'
        read_until '>>'
        print -r -- "\${\${REPLY##*<<}%%>>*}"
      done
      zpty -d shell`;
    return run('zsh', ['-f', '-c', script, 'zsh', ...lines])
      .trimEnd()
      .split('\n');
  }

  test('subcommands, options, values, columns, choices and files', () => {
    const lines = [
      ['nodepool dib-image-d', 'nodepool dib-image-delete '],
      ['nodepool --deb', 'nodepool --debug '],
      ['nodepool -c x list --det', 'nodepool -c x list --detail '],
      ['nodepool list --format=j', 'nodepool list --format=json '],
      ['nodepool list --format cs', 'nodepool list --format csv '],
      ['nodepool list --columns=id,pub', 'nodepool list --columns=id,public_ipv4,'],
      ['nodepool explain no', 'nodepool explain node '],
      ['nodepool explain label sm', 'nodepool explain label small '],
      ['nodepool image-build ro', 'nodepool image-build rocky '],
      [
        String.raw`nodepool -c my\ file.yaml image-pause o`,
        String.raw`nodepool -c my\ file.yaml image-pause of-my-file `,
      ],
      ['nodepool image-delete --provider=cl', 'nodepool image-delete --provider=cloud-one '],
      ['nodepool export-image-data oth', 'nodepool export-image-data other.json '],
      ['nodepool -c my', String.raw`nodepool -c my\ file.yaml `],
      ['nodepool image-delete --upl', 'nodepool image-delete --upload-id='],
      ['nodepool delete --wa', 'nodepool delete --wait '],
      ['nodepool erase --fo', 'nodepool erase --force '],
    ];
    const completed = typed(...lines.map(([line = '']) => line)).map((line) => line.replaceAll('\r', ''));
    expect(completed.map((line) => line.trimEnd())).toEqual(lines.map(([, line = '']) => line.trimEnd()));
  });
});
