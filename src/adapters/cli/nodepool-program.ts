import { WHAT_IF_KEYS } from '../../domain/decide/what-if.js';
import { SUBJECT_KINDS } from '../../domain/explain/explanation.js';
import {
  ALIEN_IMAGES,
  BUILDS,
  IMAGE_STATUS,
  NODE_DETAILS,
  NODES,
  REQUESTS,
  UPLOADS,
} from '../../domain/presentation/listings.js';
import { SETUP_KINDS } from '../../domain/setup/findings.js';
import { LEASE_COMMANDS } from './leases/lease-program.js';
import { formatOption, listOptions, waitOptions } from './list-options.js';
import {
  HELP_OPTION,
  NAME_KINDS,
  SHELLS,
  VERSION_OPTION,
  type ArgumentSpec,
  type ProgramSpec,
} from './program-spec.js';

const imageArgument: ArgumentSpec = { name: 'image', help: 'image name', names: 'images' };
const nodeArgument: ArgumentSpec = { name: 'id', help: 'node id' };
const providerArgument: ArgumentSpec = {
  name: 'provider',
  metavar: 'PROVIDER',
  help: 'Provider name',
  names: 'providers',
};

/** The command line of `nodepool` (OPERATION "Command Line Tools"; spec BUILDER 3.1, 3.3, 3.4). */
export const NODEPOOL_PROGRAM = {
  name: 'nodepool',
  description: 'Node pool.',
  options: [
    HELP_OPTION,
    { flag: '-l', metavar: 'LOGCONFIG', help: 'path to log config file (default: None)', value: { kind: 'file' } },
    VERSION_OPTION,
    {
      flag: '-c',
      metavar: 'CONFIG',
      help: 'path to config file (default: /etc/nodepool/nodepool.yaml)',
      value: { kind: 'file' },
    },
    { flag: '-s', metavar: 'SECURE', help: 'path to secure file (default: None)', value: { kind: 'file' } },
    { flag: '--debug', help: 'show DEBUG level logging (default: False)' },
    {
      flag: '--connect-timeout',
      metavar: 'SECONDS',
      help: 'how long to wait for ZooKeeper, 0: for ever (default: NODEPOOL_CONNECT_TIMEOUT, or 30)',
      additional: true,
      value: { kind: 'seconds' },
    },
    {
      flag: '--url',
      metavar: 'URL',
      help: 'Nodepool to ask: http://host:port, https://host:port or unix:/path (default: NODEPOOL_URL, or lease-api of the configuration)',
      additional: true,
    },
  ],
  commands: [
    {
      name: 'list',
      help: 'list nodes',
      options: [{ flag: '--detail', help: 'Output detailed node info' }, ...listOptions(NODE_DETAILS)],
    },
    { name: 'image-list', help: 'list images from providers', options: listOptions(UPLOADS) },
    {
      name: 'dib-image-list',
      help: 'list images built with diskimage-builder',
      options: listOptions(BUILDS),
    },
    {
      name: 'image-status',
      help: 'list image status',
      options: [
        { flag: '--detail', help: 'what builders hold back after failures, too', additional: true },
        ...listOptions(IMAGE_STATUS),
      ],
    },
    {
      name: 'image-build',
      help: 'build image using diskimage-builder',
      arguments: [imageArgument],
      options: waitOptions('the image is built'),
    },
    {
      name: 'alien-image-list',
      help: 'list images not accounted for by nodepool',
      arguments: [{ name: 'provider', help: 'provider name', optional: true, names: 'providers' }],
      options: listOptions(ALIEN_IMAGES),
    },
    {
      name: 'delete',
      help: 'place a node in the DELETE state',
      arguments: [nodeArgument],
      options: [
        { flag: '--now', help: 'delete the node in the foreground' },
        ...waitOptions('the node is gone'),
        ...listOptions(NODES),
      ],
    },
    {
      name: 'hold',
      help: 'place a node in the HOLD state e.g. for running maintenance tasks',
      arguments: [nodeArgument],
      options: [
        {
          flag: '--reason',
          metavar: 'TEXT',
          help: 'who wants it and why; stands in the comment of the node',
          additional: true,
        },
        ...listOptions(NODES),
      ],
    },
    {
      name: 'image-delete',
      help: 'delete an image',
      options: [
        {
          flag: '--provider',
          metavar: 'PROVIDER',
          help: 'provider name',
          required: true,
          value: { kind: 'name', of: 'providers' },
        },
        {
          flag: '--image',
          metavar: 'IMAGE',
          help: 'image name',
          required: true,
          value: { kind: 'name', of: 'images' },
        },
        { flag: '--upload-id', metavar: 'UPLOAD_ID', help: 'image upload id', required: true },
        { flag: '--build-id', metavar: 'BUILD_ID', help: 'image build id', required: true },
      ],
    },
    {
      name: 'dib-image-delete',
      help: 'Delete a dib built image from disk along with all cloud uploads of this image',
      arguments: [{ name: 'id', help: 'dib image id' }],
    },
    { name: 'config-validate', help: 'Validate configuration file' },
    { name: 'request-list', help: 'list the current node requests', options: listOptions(REQUESTS) },
    {
      name: 'info',
      help: 'Show provider data from zookeeper',
      arguments: [providerArgument],
      options: [formatOption(['table', 'json'])],
    },
    {
      name: 'erase',
      help: 'Erase provider data from zookeeper',
      arguments: [providerArgument],
      options: [{ flag: '--force', help: 'Bypass the warning prompt' }],
    },
    { name: 'image-pause', help: 'pause an image', arguments: [imageArgument] },
    { name: 'image-unpause', help: 'unpause an image', arguments: [imageArgument] },
    {
      name: 'export-image-data',
      help: 'Export image data from ZooKeeper',
      arguments: [{ name: 'path', help: 'Export file path', file: true }],
    },
    {
      name: 'import-image-data',
      help: 'Import image data to ZooKeeper',
      arguments: [{ name: 'path', help: 'Import file path', file: true }],
    },
    {
      name: 'request-delete',
      help: 'remove a node request that its client left behind',
      arguments: [{ name: 'id', help: 'request id' }],
      additional: true,
    },
    {
      name: 'explain',
      help: 'say why something is as it is, and what would change it; without a subject: what all requests wait for',
      arguments: [
        { name: 'kind', help: 'request, node, label, image, pool or provider', choices: SUBJECT_KINDS, optional: true },
        {
          name: 'id',
          help: 'id of the request or node, name of the label, image or provider, PROVIDER/POOL of a pool',
          names: { label: 'labels', image: 'images', provider: 'providers' },
          optional: true,
          goesWith: true,
        },
      ],
      options: [
        {
          flag: '--if',
          metavar: 'KEY=VALUE',
          help: `of a request: what would be decided if this were so, and nothing is changed: ${WHAT_IF_KEYS.join(', ')}; may be repeated`,
          repeatable: true,
          value: { kind: 'change', of: WHAT_IF_KEYS },
        },
        {
          flag: '--launcher',
          metavar: 'URL',
          help: 'web interface of a launcher to ask (default: all registered launchers); may be repeated',
          repeatable: true,
        },
      ],
      additional: true,
    },
    ...LEASE_COMMANDS,
    {
      name: 'completion',
      help: 'print a script that completes command lines: eval "$(nodepool completion bash)"',
      arguments: [{ name: 'shell', help: 'bash, zsh or fish', choices: SHELLS }],
      additional: true,
    },
    {
      name: 'names',
      help: 'print the names that the configuration has, one a line',
      arguments: [{ name: 'kind', help: 'images, labels or providers', choices: NAME_KINDS }],
      additional: true,
    },
    {
      name: 'store',
      help: 'check, dump, back up, restore, export or import the store of nodepool-standalone',
      arguments: [
        {
          name: 'action',
          help: 'check, dump, backup FILE, restore FILE, export or import',
          choices: ['check', 'dump', 'backup', 'restore', 'export', 'import'],
        },
        { name: 'file', metavar: 'FILE', help: 'of backup and restore', optional: true, file: true },
      ],
      options: [
        { flag: '--zookeeper', help: 'export or import: the ZooKeeper of the configuration in place of the store' },
        { flag: '--force', help: 'restore or import: over what is there' },
      ],
      additional: true,
    },
    {
      name: 'init',
      help: 'write a first configuration for what is found on this host (to -c and -s, or nodepool.yaml and secure.yaml here)',
      arguments: [
        {
          name: 'kind',
          help: 'libvirt, openstack, static or fake (default: the best that is here)',
          choices: SETUP_KINDS,
          optional: true,
        },
      ],
      additional: true,
    },
    {
      name: 'drivers',
      help: 'list the drivers that are installed, with versions and capabilities',
      additional: true,
    },
    {
      name: 'driver-test',
      help: 'check a driver against the driver contract; makes and deletes real machines',
      arguments: [{ name: 'module', metavar: 'MODULE', help: 'package or path of the driver, or a built-in one' }],
      options: [
        { flag: '--config', metavar: 'FILE', help: 'configuration with a provider of the driver', required: true },
        { flag: '--provider', metavar: 'NAME', help: 'provider to use (default: the first one of the driver)' },
        { flag: '--bench', metavar: 'FILE', help: 'module that opens a cloud for each check, and can make trouble' },
        { flag: '--only', metavar: 'CHECK', help: 'name of a check to make; may be repeated', repeatable: true },
      ],
      additional: true,
    },
  ],
} as const satisfies ProgramSpec;

export type CommandName = (typeof NODEPOOL_PROGRAM)['commands'][number]['name'];
