import { GENERAL_NOTES } from './general-notes.js';
import type { KeyNotes } from './key-notes.js';
import { LIBVIRT_NOTES } from './libvirt-notes.js';
import { OPENSTACK_NOTES } from './openstack-notes.js';
import { STATIC_NOTES } from './static-notes.js';

/** About every key of every section. */
export const NOTES: KeyNotes = new Map([...GENERAL_NOTES, ...OPENSTACK_NOTES, ...LIBVIRT_NOTES, ...STATIC_NOTES]);
