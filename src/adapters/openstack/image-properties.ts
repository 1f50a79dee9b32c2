import type { CloudAccess } from './clouds/cloud-access.js';
import type { ImageUploadSpec } from '../../ports/compute/images.js';
import type { JsonObject } from './client/api-call.js';
import type { Checksums } from './image-file.js';

/** What Glance wants as numbers; everything else is text (spec BUILDER 6.9). */
const NUMBERS: readonly string[] = ['min_disk', 'min_ram', 'size', 'virtual_size'];
export const OBJECT_PROPERTY = 'owner_specified.openstack.object';
export const MD5_PROPERTY = 'owner_specified.openstack.md5';
export const SHA256_PROPERTY = 'owner_specified.openstack.sha256';
/** Of the objects that task uploads go through. */
export const CONTAINER = 'images';

/** Everything that is said about an image besides its contents, vendor's properties first. */
export function imageProperties(spec: ImageUploadSpec, checksums: Checksums, access: CloudAccess): JsonObject {
  return {
    ...access.disableVendorAgent,
    ...Object.fromEntries(Object.entries(spec.properties).map(([key, value]) => [key, typed(key, value)])),
    [MD5_PROPERTY]: checksums.md5,
    [SHA256_PROPERTY]: checksums.sha256,
    [OBJECT_PROPERTY]: `${CONTAINER}/${spec.name}`,
  };
}

function typed(key: string, value: string): string | number {
  const number = Number(value);
  return NUMBERS.includes(key) && value.trim() !== '' && Number.isInteger(number) ? number : value;
}
