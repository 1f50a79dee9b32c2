import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { NODEPOOL_PROGRAM } from '../../../src/adapters/cli/nodepool-program.js';
import { parseArguments, type ParsedArguments } from '../../../src/adapters/cli/parse-arguments.js';
import { golden } from './golden-file.js';

const helps = readdirSync(new URL('../../fixtures/cli/help', import.meta.url))
  .filter((file) => file.startsWith('help'))
  .map((file) => file.replace('.txt', ''));

function parse(...argv: string[]): ParsedArguments {
  return parseArguments(NODEPOOL_PROGRAM, argv, 'Nodepool version: 10.0.1.dev68');
}

function values(...argv: string[]): Record<string, string | true | readonly string[]> {
  const parsed = parse(...argv);
  if (parsed.kind !== 'run') throw new Error(`not run: ${JSON.stringify(parsed)}`);
  return { command: parsed.command, ...Object.fromEntries(parsed.options), ...Object.fromEntries(parsed.values) };
}

function complaint(...argv: string[]): string {
  const parsed = parse(...argv);
  if (parsed.kind !== 'usage') throw new Error(`no complaint: ${JSON.stringify(parsed)}`);
  return parsed.text;
}

describe('help', () => {
  test.each(helps.filter((name) => name !== 'help'))('%s is the original text [BUILDER 3.1]', (name) => {
    const { argv, stdout } = golden(`help/${name}`);
    const help = parse(...argv);
    expect(help).toMatchObject({ kind: 'print', exitCode: 0 });
    const text = help.kind === 'print' ? help.text : '';
    expect(text.slice(0, stdout.length)).toBe(stdout);
    expect(text.slice(stdout.length)).toMatch(/^$|^\nadditional options:\n( .*\n)+$/);
  });

  /** What the original does not have stands below all that it prints, and nowhere else. */
  const ADDITIONAL = `
additional commands:
    request-delete      remove a node request that its client left behind
    explain             say why something is as it is, and what would change
                        it; without a subject: what all requests wait for
    run                 run a command on a fresh machine, and throw the
                        machine away
    lease               take machines, wait until they are there, and tell how
                        to reach them
    lease-list          list leases: those that have not ended
    lease-show          show a lease
    lease-renew         keep a lease for another ttl: its heartbeat
    lease-extend        change the longest that a lease is kept
    lease-release       give leases back: their machines are thrown away
    token               make a token for somebody who takes leases, and the
                        lines that let it in
    completion          print a script that completes command lines: eval
                        "$(nodepool completion bash)"
    names               print the names that the configuration has, one a line
    store               check, dump, back up, restore, export or import the
                        store of nodepool-standalone
    init                write a first configuration for what is found on this
                        host (to -c and -s, or nodepool.yaml and secure.yaml
                        here)
    drivers             list the drivers that are installed, with versions and
                        capabilities
    driver-test         check a driver against the driver contract; makes and
                        deletes real machines

additional options:
  --connect-timeout SECONDS
                        how long to wait for ZooKeeper, 0: for ever (default:
                        NODEPOOL_CONNECT_TIMEOUT, or 30)
  --url URL             Nodepool to ask: http://host:port, https://host:port
                        or unix:/path (default: NODEPOOL_URL, or lease-api of
                        the configuration)
`;

  test('the help of the program is the original text, followed by our additions [BUILDER 3.1]', () => {
    const { argv, stdout } = golden('help/help');
    expect(parse(...argv)).toEqual({ kind: 'print', text: stdout + ADDITIONAL, exitCode: 0 });
  });

  test('the help of explain', () => {
    expect(parse('explain', '-h')).toEqual({
      kind: 'print',
      text: `usage: nodepool explain [-h] [--if KEY=VALUE] [--launcher URL]
                        [{request,node,label,image,pool,provider}] [id]

positional arguments:
  {request,node,label,image,pool,provider}
                        request, node, label, image, pool or provider
  id                    id of the request or node, name of the label, image or
                        provider, PROVIDER/POOL of a pool

options:
  -h, --help            show this help message and exit
  --if KEY=VALUE        of a request: what would be decided if this were so,
                        and nothing is changed: max-servers, max-cores, max-
                        ram, max-concurrency, quota-instances, quota-cores,
                        quota-ram, label-cores, label-ram, tenant-max-servers,
                        tenant-max-cores, tenant-max-ram, labels; may be
                        repeated
  --launcher URL        web interface of a launcher to ask (default: all
                        registered launchers); may be repeated
`,
      exitCode: 0,
    });
  });

  test('no subcommand prints the help and is a failure [BUILDER 113]', () => {
    const text = golden('help/noargs').stdout + ADDITIONAL;
    expect(parse()).toEqual({ kind: 'print', text, exitCode: 1 });
    expect(parse('--debug')).toMatchObject({ kind: 'print', exitCode: 1 });
  });

  test('the version needs no subcommand [BUILDER 114]', () => {
    expect(parse('--version')).toEqual({ kind: 'print', text: golden('help/version').stdout, exitCode: 0 });
  });
});

describe('usage errors', () => {
  test('an unknown subcommand is answered with the choices [BUILDER 113]', () => {
    expect(complaint('no-such-command')).toBe(golden('help/bad-command').stderr);
  });

  test.each([
    [['image-build'], 'nodepool image-build: error: the following arguments are required: image\n'],
    [['info'], 'nodepool info: error: the following arguments are required: PROVIDER\n'],
    [
      ['image-delete', '--provider', 'p', '--image', 'i', '--build-id', '1'],
      'nodepool image-delete: error: the following arguments are required: --upload-id\n',
    ],
    [['list', 'surplus'], 'nodepool: error: unrecognized arguments: surplus\n'],
    [['list', '--nothing'], 'nodepool: error: unrecognized arguments: --nothing\n'],
    [['--nothing', 'list'], 'nodepool: error: unrecognized arguments: --nothing\n'],
    [['list', '-c', 'x.yaml'], 'nodepool: error: unrecognized arguments: -c\n'],
    [
      ['explain', 'cloud', 'x'],
      "nodepool explain: error: argument kind: invalid choice: 'cloud' (choose from 'request', 'node', 'label', 'image', 'pool', 'provider')\n",
    ],
    [['explain', 'node'], 'nodepool explain: error: the following arguments are required: id\n'],
    [
      ['explain', 'request', '7', '--if', 'max-servers=9', '--if', 'servers=20'],
      "nodepool explain: error: argument --if: unknown key 'servers'; known are max-servers, max-cores, max-ram, " +
        'max-concurrency, quota-instances, quota-cores, quota-ram, label-cores, label-ram, tenant-max-servers, ' +
        'tenant-max-cores, tenant-max-ram, labels\n',
    ],
    [
      ['explain', 'request', '7', '--if', 'max-servers=many'],
      "nodepool explain: error: argument --if: max-servers needs a whole number or none, not 'many'\n",
    ],
    [['-c'], 'nodepool: error: argument -c: expected one argument\n'],
    [
      ['list', '--format', 'xml'],
      "nodepool list: error: argument --format: invalid choice: 'xml' (choose from 'table', 'json', 'csv')\n",
    ],
    [
      ['request-list', '--columns', 'id,age'],
      "nodepool request-list: error: argument --columns: invalid choice: 'age' (choose from 'id', 'relative_priority', 'state', 'requestor', 'node_types', 'nodes', 'declined_by', 'event_id')\n",
    ],
    [
      ['delete', '7', '--wait', '--timeout', 'soon'],
      "nodepool delete: error: argument --timeout: invalid number of seconds: 'soon'\n",
    ],
    [
      ['--connect-timeout=-1', 'list'],
      "nodepool: error: argument --connect-timeout: invalid number of seconds: '-1'\n",
    ],
    [
      ['completion', 'tcsh'],
      "nodepool completion: error: argument shell: invalid choice: 'tcsh' (choose from 'bash', 'zsh', 'fish')\n",
    ],
    [
      ['image-delete', '--', '--image'],
      'nodepool image-delete: error: the following arguments are required: --provider, --image, --upload-id, --build-id\n',
    ],
    [
      ['image-delete', '--i=x', '--u', '1'],
      'nodepool image-delete: error: the following arguments are required: --provider, --build-id\n',
    ],
    [['image-delete', '--image'], 'nodepool image-delete: error: argument --image: expected one argument\n'],
  ])('%j is refused [BUILDER 113]', (argv, ending) => {
    const text = complaint(...argv);
    expect(text.startsWith('usage: nodepool')).toBe(true);
    expect(text.endsWith(`\n${ending}`)).toBe(true);
  });
});

describe('what was probably meant stands on a line of its own after what argparse says', () => {
  test.each([
    [['lst'], 'list'],
    [['image_list'], 'image-list'],
    [['request-lists'], 'request-list'],
    [['explan', 'node', '1'], 'explain'],
    [['list', '--detial'], '--detail'],
    [['list', '--formt=json'], '--format'],
    [['--degub', 'list'], '--debug'],
  ])('%j', (argv, meant) => {
    expect(complaint(...argv)).toMatch(new RegExp(`\\nnodepool: error: .*\\nDid you mean ${meant}\\?\\n$`));
  });

  test('nothing is guessed for what is far from all', () => {
    expect(complaint('no-such-command')).not.toContain('Did you mean');
    expect(complaint('list', 'surplus')).not.toContain('Did you mean');
  });
});

describe('abbreviated options, as argparse takes them', () => {
  test.each<[string[], Record<string, string | true>]>([
    [['list', '--det'], { command: 'list', '--detail': true }],
    [['--deb', 'list'], { command: 'list', '--debug': true }],
    [['delete', '--n', '7'], { command: 'delete', id: '7', '--now': true }],
    [['erase', '--f', 'p'], { command: 'erase', provider: 'p', '--force': true }],
    [
      ['image-delete', '--p', '--i', '--im=i', '--u', '1', '--bu=2'],
      { command: 'image-delete', '--provider': '--i', '--image': 'i', '--upload-id': '1', '--build-id': '2' },
    ],
    // Ours come second: what the original takes for --detail does not become ambiguous.
    [['list', '--form', 'json'], { command: 'list', '--format': 'json' }],
  ])('%j', (argv, expected) => {
    expect(values(...argv)).toEqual(expected);
  });

  test('--h is help', () => {
    expect(parse('list', '--h')).toMatchObject({ kind: 'print', exitCode: 0 });
  });

  test('what could be several is refused', () => {
    const program = {
      name: 'p',
      description: '',
      options: [],
      commands: [{ name: 'c', help: '', options: [{ flag: '--ab' }, { flag: '--ac' }] }],
    };
    expect(parseArguments(program, ['c', '--a'], '')).toEqual({
      kind: 'usage',
      exitCode: 2,
      text: 'usage: p c [-h] [--ab] [--ac]\np c: error: ambiguous option: --a could match --ab, --ac\n',
    });
  });
});

describe('values', () => {
  test('program options stand before the subcommand, its own options anywhere after it', () => {
    expect(
      values('-c', 'np.yaml', '-s', 'sec.yaml', '-l', 'log.ini', '--debug', 'delete', '0000000001', '--now'),
    ).toEqual({
      command: 'delete',
      '-c': 'np.yaml',
      '-s': 'sec.yaml',
      '-l': 'log.ini',
      '--debug': true,
      id: '0000000001',
      '--now': true,
    });
    expect(values('delete', '--now', '7')).toEqual({ command: 'delete', id: '7', '--now': true });
  });

  test('the four options of image-delete, also written with an equals sign', () => {
    expect(values('image-delete', '--provider=p', '--image', 'i', '--upload-id', '1', '--build-id', '2')).toEqual({
      command: 'image-delete',
      '--provider': 'p',
      '--image': 'i',
      '--upload-id': '1',
      '--build-id': '2',
    });
  });

  test('an option that may be repeated is a list in the order given', () => {
    expect(values('explain', '--launcher', 'a:1', 'node', '7', '--launcher=b:2')).toEqual({
      command: 'explain',
      kind: 'node',
      id: '7',
      '--launcher': ['a:1', 'b:2'],
    });
    expect(values('explain', 'node', '7')).toEqual({ command: 'explain', kind: 'node', id: '7' });
  });

  test('the provider of alien-image-list may be left out', () => {
    expect(values('alien-image-list')).toEqual({ command: 'alien-image-list' });
    expect(values('alien-image-list', 'p')).toEqual({ command: 'alien-image-list', provider: 'p' });
  });

  test('whatever is given is run, printed or refused, and never throws', () => {
    const words = fc.constantFrom(
      'list',
      'delete',
      'erase',
      '-c',
      '--debug',
      '-h',
      '--now',
      '--',
      '-',
      'x',
      '',
      '--image=',
      '-cx',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 6 }), (argv) => {
        expect(['run', 'print', 'usage']).toContain(parse(...argv).kind);
      }),
    );
  });
});
