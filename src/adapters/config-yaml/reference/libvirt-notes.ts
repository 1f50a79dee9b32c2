/** What the reference of the configuration says about providers of the driver `libvirt`. */
import {
  LibvirtCloudImageSchema,
  LibvirtImageSchema,
  LibvirtLabelSchema,
  LibvirtPoolSchema,
  LibvirtProviderSchema,
  ReserveSchema,
} from '../schemas/libvirt.schema.js';
import type { SectionClass } from '../schema-key.js';
import type { KeyNote, KeyNotes } from './key-notes.js';

const CONFIG_DRIVE: KeyNote = {
  otherwise: '`true`',
  note: 'name, keys and userdata for the machine: as OpenStack (`true`), as `nocloud`, or none',
};

export const LIBVIRT_NOTES: KeyNotes = new Map<SectionClass, Readonly<Record<string, KeyNote>>>([
  [
    LibvirtProviderSchema,
    {
      uri: { default: 'qemu:///system', note: 'libvirt on this host, or elsewhere: `qemu+ssh://root@host/system`' },
      'storage-pool': { default: 'default', note: 'a directory pool that exists; images and disks are kept there' },
      virtualization: {
        default: 'auto',
        note: '`kvm`, `qemu` (slow, works everywhere), `auto`: KVM if a machine tried with it runs',
      },
      'ssh-authorized-keys': { otherwise: 'none', note: 'public keys that machines let in, by their config drives' },
      reserve: { otherwise: 'nothing', note: 'what is left to the host itself' },
      'cores-ratio': { default: 1, note: 'virtual cores for each core of the host' },
      'boot-timeout': { default: 60, note: 'for the address, and again for the host keys' },
      'launch-timeout': { default: 3600, note: 'from the order to the running machine' },
      'launch-retries': { default: 3, note: 'attempts in total' },
      'hostname-format': { default: '{label.name}-{provider.name}-{node.id}', note: '' },
      'image-name-format': {
        default: '{image_name}-{timestamp}',
        note: 'how names of volumes begin; also `{upload_id}`',
      },
      'image-upload-timeout': { default: 3600, note: '' },
      'image-format': { default: 'qcow2', note: 'or `raw`' },
      'post-upload-hook': { otherwise: 'none', note: 'program run after each upload' },
      diskimages: { otherwise: 'none', note: 'images to upload here; an empty list deletes all uploads here' },
      'cloud-images': { otherwise: 'none', note: 'volumes that others keep in the storage pool' },
      pools: { otherwise: 'none', note: '' },
    },
  ],
  [
    ReserveSchema,
    {
      cores: { default: 0, note: '' },
      ram: { default: 0, note: 'MiB' },
      disk: { default: 0, note: 'GiB of the storage pool' },
    },
  ],
  [
    LibvirtImageSchema,
    {
      name: { note: 'an entry of `diskimages`' },
      pause: { default: false, note: 'do not upload it here' },
      'config-drive': CONFIG_DRIVE,
      meta: { otherwise: 'none', note: 'accepted, without effect: volumes have no properties' },
    },
  ],
  [
    LibvirtCloudImageSchema,
    {
      name: { note: 'how labels refer to it' },
      'image-id': { otherwise: 'none', note: 'name of the volume; either this' },
      'image-name': { otherwise: '`name`', note: 'or this' },
      'config-drive': CONFIG_DRIVE,
      username: { otherwise: 'none', note: '' },
      'python-path': { default: 'auto', note: '' },
      'shell-type': { otherwise: 'none', note: '' },
    },
  ],
  [
    LibvirtPoolSchema,
    {
      network: {
        otherwise: 'libvirt’s network `default`',
        note:
          'name of a libvirt network, `{bridge: br0}`, or `{user: {address: 127.0.0.1}}`: no network of the host is touched, SSH is ' +
          'forwarded from a free port (`ports: 22000-31999`; `restrict: true`: the machine reaches nobody)',
      },
      'ignore-provider-quota': { default: false, note: 'go by the limits of the pool alone' },
      'host-key-checking': { default: true, note: 'for its labels; false: machines are not connected to' },
      labels: { otherwise: 'none', note: '' },
    },
  ],
  [
    LibvirtLabelSchema,
    {
      name: { note: 'an entry of `labels`' },
      diskimage: { note: 'exactly one of this' },
      'cloud-image': { note: 'and this' },
      cpus: { default: 1, note: '' },
      memory: { default: 1024, note: 'MiB' },
      disk: { otherwise: 'as large as the image’s', note: 'GiB' },
      userdata: { otherwise: 'none', note: 'for cloud-init or the image’s own scripts' },
      'console-log': { default: false, note: 'keep the console’s last 64 KiB, and log them when a launch fails' },
      'boot-timeout': { otherwise: 'the provider’s', note: 'seconds' },
      'instance-properties': { otherwise: 'none', note: 'further metadata' },
      'dynamic-instance-properties': { otherwise: 'none', note: 'the same, from facts of the request' },
      'host-key-checking': { otherwise: 'the pool’s', note: '' },
    },
  ],
]);
