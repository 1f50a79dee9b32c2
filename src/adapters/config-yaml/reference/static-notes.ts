/** What the reference of the configuration says about providers of the driver `static`. */
import { StaticNodeSchema, StaticPoolSchema, StaticProviderSchema } from '../schemas/static.schema.js';
import type { SectionClass } from '../schema-key.js';
import type { KeyNote, KeyNotes } from './key-notes.js';

export const STATIC_NOTES: KeyNotes = new Map<SectionClass, Readonly<Record<string, KeyNote>>>([
  [
    StaticProviderSchema,
    {
      pools: { otherwise: 'none', note: '' },
    },
  ],
  [
    StaticPoolSchema,
    {
      nodes: { otherwise: 'none', note: 'of a pool' },
    },
  ],
  [
    StaticNodeSchema,
    {
      name: { note: 'host name or address' },
      labels: { note: 'a text is split at blanks' },
      timeout: { default: 5, note: 'for connecting' },
      'connection-port': { default: 22, note: 'also for `winrm`' },
      'ssh-port': { note: 'old name of `connection-port`' },
      'connection-type': { default: 'ssh', note: 'without `ssh` or `network_cli` only the port is tried' },
      username: { default: 'zuul', note: '' },
      'host-key': { otherwise: 'any', note: 'every key named here must be among those the machine shows' },
      'max-parallel-jobs': { default: 1, note: '' },
      'host-key-checking': { default: true, note: 'false: the machine is not connected to' },
      'python-path': { default: 'auto', note: '' },
      'shell-type': { otherwise: 'none', note: '' },
    },
  ],
]);
