/** What the reference of the configuration says about what all providers share, and what is above them. */
import {
  DiskImageSchema,
  LabelSchema,
  LeaseApiSchema,
  LeaseApiTlsSchema,
  LeaseTokenSchema,
  SecureDiskImageSchema,
  SecureSchema,
  StoreSchema,
  TopLevelSchema,
  WebappSchema,
  ZooKeeperSaslSchema,
  ZooKeeperServerSchema,
  ZooKeeperTlsSchema,
} from '../schemas/top-level.schema.js';
import { PoolSchema, ProviderSchema } from '../schemas/provider.schema.js';
import type { SectionClass } from '../schema-key.js';
import type { KeyNote, KeyNotes } from './key-notes.js';

export const GENERAL_NOTES: KeyNotes = new Map<SectionClass, Readonly<Record<string, KeyNote>>>([
  [
    TopLevelSchema,
    {
      webapp: { note: 'the web interface, see [below](#webapp)' },
      'elements-dir': {
        otherwise: 'none',
        note: 'where elements of your own are: `ELEMENTS_PATH` of diskimage-builder, word for word',
      },
      'images-dir': { note: 'where images are built; must exist and be writable; the builder needs it' },
      'images-min-free': {
        otherwise: '1024; 0 with `--fake`',
        since: 'ours',
        note: "MiB that must be free in `images-dir` before a build begins; 0: any will do. Python's `config-validate` does not know this key",
      },
      'build-log-dir': { default: '/var/log/nodepool/builds', note: 'one log per build; made if missing' },
      'build-log-retention': { default: 7, note: 'logs kept per image; 0 counts as 1, a negative number keeps all' },
      'zookeeper-servers': {
        note: 'the servers of one ensemble; the daemons need at least one (`nodepool-standalone` has a `store` instead)',
      },
      'zookeeper-tls': { otherwise: 'none', since: '3.13', note: 'switches TLS on' },
      'zookeeper-timeout': { default: 10, since: '6.0', note: 'session time-out' },
      'zookeeper-sasl': {
        otherwise: 'none',
        since: 'ours',
        note: 'name and password, where servers demand them; better kept in the secure file',
      },
      'zookeeper-client': {
        default: 'wire',
        since: 'ours',
        note: 'which client speaks with ZooKeeper, see [the guide](../guide/zookeeper.md#which-client); `NODEPOOL_ZOOKEEPER_CLIENT` in the environment counts more',
      },
      store: {
        otherwise: 'none',
        since: 'ours',
        note: 'in place of `zookeeper-servers`: everything is kept on this machine, see [below](#store)',
      },
      'lease-api': {
        otherwise: 'off',
        since: 'ours',
        note: "where machines are leased over HTTP, see [below](#lease-api). Python's `config-validate` does not know this key",
      },
      socket: { otherwise: 'none', since: 'ours', note: 'another place for `lease-api.socket`, which comes first' },
      labels: { otherwise: 'none', note: 'what can be asked for' },
      diskimages: { otherwise: 'none', note: 'what is built' },
      providers: { otherwise: 'none', note: 'where nodes come from' },
      'max-hold-age': { default: 0, note: 'a held node is deleted after this long; 0 or less: never' },
      'tenant-resource-limits': {
        otherwise: 'none',
        since: '4.3',
        note: 'limits over all providers, see [below](#tenant-resource-limits)',
      },
    },
  ],
  [
    WebappSchema,
    {
      port: { default: 8005, note: '' },
      listen_address: { default: '0.0.0.0', note: 'with an underscore, for historical reasons' },
      builder_port: {
        otherwise: 'none',
        since: 'ours',
        note: "where the builder answers `/metrics`, `/ready` and `/explain/image/…`, at the same address; without it the builder opens no port. Python's `config-validate` does not know this key",
      },
    },
  ],
  [
    ZooKeeperSaslSchema,
    {
      username: { note: 'signs in by DIGEST-MD5' },
      password: { note: '' },
    },
  ],
  [
    StoreSchema,
    {
      directory: {
        note: 'where it is kept, an absolute path on a local file system; made with mode 0700. The daemon listens on `nodepool.sock` in it',
      },
      'session-timeout': {
        default: 30,
        note: 'how long the locks of a daemon that was killed stay after its next start',
      },
    },
  ],
  [
    ZooKeeperServerSchema,
    {
      host: { note: 'name or address, IPv6 with or without brackets' },
      port: { otherwise: '2181; 2281 with `zookeeper-tls`', note: '' },
      chroot: {
        otherwise: 'none',
        note: 'the part of the tree that is ours; the same for all servers, or given with one of them only',
      },
    },
  ],
  [
    ZooKeeperTlsSchema,
    {
      cert: { since: '3.13', note: "path of the client's certificate" },
      key: { since: '3.13', note: 'path of its key' },
      ca: { since: '3.13', note: "path of the authority that signed the servers' certificates" },
    },
  ],
  [
    LeaseApiSchema,
    {
      'listen-address': {
        default: '127.0.0.1',
        since: 'ours',
        note: 'the address to listen at; one that others reach wants `tls`, and a warning says so',
      },
      port: {
        default: 8006,
        since: 'ours',
        note: 'with `socket` and neither tokens nor any of `listen-address`, `port` and `tls`: no port at all',
      },
      tls: { otherwise: 'plain HTTP', since: 'ours', note: 'see [below](#lease-api-tls)' },
      socket: {
        otherwise: 'none',
        since: 'ours',
        note: 'a unix socket that needs no token: who may open it (mode 0660) is holder `local` and may everything',
      },
      'keep-ended': {
        default: 3600,
        since: 'ours',
        note: 'how long clients can still ask for a lease that has ended, and how it ended',
      },
      identity: {
        otherwise: 'none',
        since: 'ours',
        note: 'path of a private key that the machines let in; with it the `ssh_keys` of a lease are added over SSH before it is active. Without it a lease with `ssh_keys` is refused',
      },
    },
  ],
  [
    LeaseApiTlsSchema,
    {
      cert: { since: 'ours', note: 'path of the certificate with its chain' },
      key: { since: 'ours', note: 'path of its key' },
    },
  ],
  [
    LeaseTokenSchema,
    {
      name: { since: 'ours', note: 'the holder; more than one token may have the same' },
      sha256: { since: 'ours', note: "of the token's text, in hex; `nodepool token NAME` prints it" },
      scopes: {
        otherwise: '`lease`',
        since: 'ours',
        note: '`lease`: own leases; `read`: see all; `admin`: see all, end any, and the commands of operators',
      },
      tenant: {
        otherwise: 'the name',
        since: 'ours',
        note: 'whose limits count, see [tenant-resource-limits](#tenant-resource-limits)',
      },
      labels: {
        otherwise: 'all',
        since: 'ours',
        note: 'labels that may be asked for; `*` stands for any characters, an empty list for none',
      },
      'max-leases': {
        otherwise: 'no limit',
        since: 'ours',
        note: 'leases of the holder that have not ended, at once; one more is refused until one ends',
      },
      'max-duration': {
        default: 86400,
        since: 'ours',
        note: 'the longest `max_duration` that may be asked for, and what a lease gets that asks for none',
      },
      'max-priority': {
        default: 200,
        since: 'ours',
        note: 'the lowest, most urgent number it may ask for; the lower goes first, as with Zuul',
      },
    },
  ],
  [
    LabelSchema,
    {
      name: { note: '' },
      'min-ready': { default: 0, note: 'nodes kept ready by all launchers together; 0 or less: made on demand only' },
      'max-ready-age': { default: 0, note: 'a ready node nobody uses is deleted after this long; 0: never' },
    },
  ],
  [
    DiskImageSchema,
    {
      name: { note: 'part of file names, paths and metrics' },
      elements: { otherwise: 'none', note: 'elements of diskimage-builder' },
      release: { otherwise: 'empty', note: '`DIB_RELEASE`' },
      'rebuild-age': { default: 86400, note: 'a build this old is made anew' },
      'env-vars': { otherwise: 'none', note: 'environment of the build; quote numbers' },
      formats: {
        otherwise: 'none',
        note: 'file formats beside those that providers want; `qcow2` if nobody wants any',
      },
      pause: { default: false, note: 'never build it' },
      username: { default: 'zuul', note: 'who logs in to nodes made from it' },
      'build-timeout': { default: 28800, note: 'then the build is killed with all its processes' },
      'python-path': { default: 'auto', since: '3.7', note: 'told to whoever uses the node' },
      'shell-type': { otherwise: 'none', since: '4.1', note: 'told to whoever uses the node' },
      'dib-cmd': { default: 'disk-image-create', since: '3.9', note: 'command with arguments' },
      parent: {
        otherwise: 'none',
        since: '3.13',
        note: 'an entry that this one starts from: elements are added to its elements, variables and metadata laid over its own, everything else replaced where given (by values that are not empty, zero or false, `delete-after-upload` excepted)',
      },
      abstract: { default: false, since: '3.13', note: 'only a parent for others; never built' },
      metadata: { otherwise: 'none', since: '8.0', note: 'properties of the image in every cloud' },
      'delete-after-upload': {
        default: false,
        since: '2024',
        note: "remove a format's file once every provider that wants it has it",
      },
      'keep-formats': { otherwise: 'none', since: '2024', note: 'files that `delete-after-upload` leaves' },
    },
  ],
  [
    ProviderSchema,
    {
      name: { note: 'a name that begins with `fake` makes it a fake provider, whatever `driver` says' },
      driver: { default: 'openstack', note: '`openstack`, `static` or `fake`' },
      'max-concurrency': {
        default: -1,
        note: 'launches at once over all pools; negative: no limit; 0: the provider takes no requests',
      },
      priority: { otherwise: '100', since: '6.1', note: 'of its pools: lower is served first' },
    },
  ],
  [
    PoolSchema,
    {
      name: { note: '' },
      'max-servers': { otherwise: 'no limit', note: '0 or less: the pool takes no requests' },
      'max-cores': { otherwise: 'no limit', note: '' },
      'max-ram': { otherwise: 'no limit', note: 'MiB' },
      'max-resources': { otherwise: 'none', note: 'limits of whatever else a driver counts' },
      priority: { otherwise: "the provider's", since: '6.1', note: 'lower is served first' },
      'node-attributes': { otherwise: 'none', note: 'copied to every node' },
    },
  ],
  [
    SecureSchema,
    {
      'zookeeper-servers': { otherwise: "the main file's", note: '' },
      'zookeeper-tls': { otherwise: "the main file's", note: '' },
      'zookeeper-sasl': { otherwise: "the main file's", note: '' },
      diskimages: { otherwise: 'none', note: '' },
      'lease-tokens': { otherwise: 'none', since: 'ours', note: 'who may lease machines, see [below](#lease-tokens)' },
    },
  ],
  [
    SecureDiskImageSchema,
    {
      name: { note: 'an image of the main file' },
      'env-vars': { note: '' },
    },
  ],
]);
