import { listOptions } from '../list-options.js';
import type { ArgumentSpec, CommandSpec, OptionSpec } from '../program-spec.js';
import { LEASES } from '../../../domain/lease-client/lease-listings.js';

export const LEASE_FORMATS = ['table', 'json', 'env', 'ssh-config', 'ansible'] as const;
export type LeaseFormat = (typeof LEASE_FORMATS)[number];

/** As sysexits.h has it: the other statuses of `run` are its command's. */
export const RUN_USAGE = 64;

const SECONDS = { least: 30, most: 86_400 } as const;
const labels: ArgumentSpec = {
  name: 'label',
  help: 'label of a machine; several labels: so many machines',
  names: 'labels',
  many: true,
};
const leaseId: ArgumentSpec = { name: 'id', metavar: 'ID', help: 'lease id' };

function seconds(flag: string, help: string, least: number = SECONDS.least, most: number = SECONDS.most): OptionSpec {
  return { flag, metavar: 'SECONDS', help, value: { kind: 'whole', least, most } };
}

const ttl = seconds('--ttl', 'how long the lease lives without a heartbeat (default: 300)');
const maxDuration = seconds('--max-duration', 'the longest that it is kept (default: what the token may)');

const wishOptions: readonly OptionSpec[] = [
  ttl,
  maxDuration,
  seconds('--wait', 'how long to stay in the queue (default: for ever)', 0, Infinity),
  { flag: '--purpose', metavar: 'TEXT', help: 'what it is for: shown wherever leases are shown' },
  {
    flag: '--priority',
    metavar: 'NUMBER',
    help: 'the lower goes first (default: 200)',
    value: { kind: 'whole', least: 0, most: 999 },
  },
  {
    flag: '--provider',
    metavar: 'PROVIDER',
    help: 'from this provider only',
    value: { kind: 'name', of: 'providers' },
  },
  {
    flag: '--ssh-key',
    metavar: 'FILE',
    help: 'a public key to let in; may be repeated',
    value: { kind: 'file' },
    repeatable: true,
  },
];

const format: OptionSpec = {
  flag: '--format',
  metavar: 'FORMAT',
  help: 'table, json, env (variables for a shell), ssh-config or ansible (an inventory) (default: table)',
  value: { kind: 'choice', of: LEASE_FORMATS },
};

/** Machines without Zuul: what the original does not have. */
export const LEASE_COMMANDS = [
  {
    name: 'run',
    help: 'run a command on a fresh machine, and throw the machine away',
    arguments: [labels],
    trailing: { name: 'command', help: 'what to run there, after --' },
    options: [
      ...wishOptions,
      { flag: '--local', help: 'run the command here, with NODEPOOL_HOST and more variables about the machines' },
      { flag: '--sync', help: 'copy the current folder there first, and run the command in it' },
      { flag: '--identity', metavar: 'FILE', help: 'private key for ssh', value: { kind: 'file' } },
    ],
    usageStatus: RUN_USAGE,
    additional: true,
  },
  {
    name: 'lease',
    help: 'take machines, wait until they are there, and tell how to reach them',
    arguments: [labels],
    options: [...wishOptions, { flag: '--detach', help: 'do not wait for the machines' }, format],
    additional: true,
  },
  {
    name: 'lease-list',
    help: 'list leases: those that have not ended',
    options: [{ flag: '--all', help: 'those that have ended, too' }, ...listOptions(LEASES)],
    additional: true,
  },
  { name: 'lease-show', help: 'show a lease', arguments: [leaseId], options: [format], additional: true },
  {
    name: 'lease-renew',
    help: 'keep a lease for another ttl: its heartbeat',
    arguments: [leaseId],
    options: [{ ...ttl, help: 'for this time only (default: that of the lease)' }, format],
    additional: true,
  },
  {
    name: 'lease-extend',
    help: 'change the longest that a lease is kept',
    arguments: [leaseId],
    options: [{ ...maxDuration, help: 'from the moment it got its machines', required: true }, format],
    additional: true,
  },
  {
    name: 'lease-release',
    help: 'give leases back: their machines are thrown away',
    arguments: [{ ...leaseId, many: true }],
    options: [
      { flag: '--broken', help: 'a machine was unusable' },
      { flag: '--failed', help: 'the work on it failed' },
      { flag: '--note', metavar: 'TEXT', help: 'kept with the lease' },
    ],
    additional: true,
  },
  {
    name: 'token',
    help: 'make a token for somebody who takes leases, and the lines that let it in',
    arguments: [{ name: 'name', metavar: 'NAME', help: 'who it is for: the holder of the leases' }],
    options: [
      {
        flag: '--scopes',
        metavar: 'SCOPES',
        help: 'lease, read, admin, with commas between (default: lease)',
        value: { kind: 'choices', of: ['lease', 'read', 'admin'] },
      },
    ],
    additional: true,
  },
] as const satisfies readonly CommandSpec[];
