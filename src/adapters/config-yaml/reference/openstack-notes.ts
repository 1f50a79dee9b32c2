/** What the reference of the configuration says about providers of the drivers `openstack` and `fake`. */
import {
  CloudImageSchema,
  ConnectionSchema,
  FakeProviderSchema,
  OpenStackLabelSchema,
  OpenStackPoolSchema,
  OpenStackProviderSchema,
  ProviderImageSchema,
} from '../schemas/openstack.schema.js';
import type { SectionClass } from '../schema-key.js';
import type { KeyNote, KeyNotes } from './key-notes.js';

export const OPENSTACK_NOTES: KeyNotes = new Map<SectionClass, Readonly<Record<string, KeyNote>>>([
  [
    OpenStackProviderSchema,
    {
      cloud: { note: 'entry of `clouds.yaml`' },
      'region-name': { otherwise: "the cloud's", note: '' },
      'boot-timeout': { default: 60, note: 'from the running instance to its host keys' },
      'launch-timeout': { default: 3600, note: 'from the order to the running instance' },
      'launch-retries': { default: 3, note: 'attempts in total' },
      'nodepool-id': { note: 'old; ignored' },
      rate: { default: 1, note: 'seconds between two calls; 0: no limit' },
      'hostname-format': { default: '{label.name}-{provider.name}-{node.id}', note: '' },
      'image-name-format': { default: '{image_name}-{timestamp}', note: 'also `{upload_id}` and `{build_id}`' },
      'clean-floating-ips': { default: false, note: 'delete floating addresses nobody uses' },
      'port-cleanup-interval': { default: 600, since: '3.9', note: '0: never' },
      'image-upload-timeout': { default: 3600, since: '9.1', note: '' },
      'post-upload-hook': { otherwise: 'none', since: '3.10', note: 'program run after each upload' },
      diskimages: { otherwise: 'none', note: 'images to upload here; an empty list deletes all uploads here' },
      'cloud-images': { otherwise: 'none', note: 'images that others keep in the cloud' },
      pools: { otherwise: 'none', note: '' },
    },
  ],
  [
    ConnectionSchema,
    {
      'connection-type': { default: 'ssh', note: '' },
      'connection-port': { otherwise: '22; 5986 for `winrm`', note: '' },
    },
  ],
  [
    ProviderImageSchema,
    {
      name: { note: 'an entry of `diskimages`' },
      pause: { default: false, note: 'do not upload it here' },
      'config-drive': { otherwise: "the cloud's", note: '' },
      meta: { otherwise: 'none', note: 'properties of the image in this cloud' },
    },
  ],
  [
    CloudImageSchema,
    {
      name: { note: 'how labels refer to it' },
      'image-id': { otherwise: 'none', note: 'how the cloud refers to it; either this' },
      'image-name': { otherwise: '`name`', note: 'or this' },
      'config-drive': { otherwise: "the cloud's", note: '' },
      username: { otherwise: 'none', note: 'told to whoever uses the node' },
      'python-path': { default: 'auto', since: '3.7', note: '' },
      'shell-type': { otherwise: 'none', since: '4.1', note: '' },
    },
  ],
  [
    OpenStackPoolSchema,
    {
      'max-volumes': { otherwise: 'no limit', since: '9.0', note: '' },
      'max-volume-gb': { otherwise: 'no limit', since: '9.0', note: '' },
      'ignore-provider-quota': { default: false, note: "do not ask for the account's quota" },
      'availability-zones': { otherwise: "the cloud's", note: 'one is chosen per request' },
      networks: { otherwise: "the cloud's", note: 'names or ids' },
      'security-groups': { otherwise: "the cloud's", note: '' },
      'auto-floating-ip': { default: true, note: '' },
      'host-key-checking': { default: true, note: 'false: nodes are ready without a look at their host keys' },
      'use-internal-ip': { default: false, note: 'clients connect to the private address' },
      labels: { otherwise: 'none', note: '' },
    },
  ],
  [
    OpenStackLabelSchema,
    {
      name: { note: 'an entry of `labels`' },
      diskimage: { note: 'exactly one of this' },
      'cloud-image': { note: 'and this' },
      'min-ram': { default: 0, note: 'the smallest flavor with as many MiB; this, or' },
      'flavor-name': { otherwise: 'none', note: "alone: the flavor's name or id; with `min-ram`: part of its name" },
      'key-name': { otherwise: 'none', note: 'key pair' },
      'console-log': { default: false, note: 'log the console of an instance without host keys' },
      'boot-from-volume': { default: false, note: '' },
      'volume-size': { default: 50, note: 'GB' },
      'instance-properties': { otherwise: 'none', note: 'metadata of the instance' },
      'dynamic-instance-properties': {
        otherwise: 'none',
        note: 'the same with values from the request: e.g. `{request.tenant_name}`',
      },
      userdata: { otherwise: 'none', note: '' },
      networks: { otherwise: "the pool's", note: '' },
      'host-key-checking': { otherwise: "the pool's", note: '' },
    },
  ],
  [
    FakeProviderSchema,
    {
      fake: { otherwise: 'none', since: 'ours', note: 'how the cloud behaves' },
    },
  ],
]);
