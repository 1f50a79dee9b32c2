import type { UploadKey } from '../../domain/model/image.js';
import { isRecordName } from './record-name.js';

/**
 * The paths that exported image data is keyed by; they are part of the exchange format (spec BUILDER 2.3, 3.4), which is why
 * they are known here beside the records adapter.
 */
export const IMAGES = '/nodepool/images';

export const pausePath = (image: string): string => `${IMAGES}/${image}/pause`;
export const buildsPath = (image: string): string => `${IMAGES}/${image}/builds`;
export const buildPath = (image: string, build: string): string => `${buildsPath(image)}/${build}`;
export const providersPath = (image: string, build: string): string => `${buildPath(image, build)}/providers`;
export const uploadsPath = (image: string, build: string, provider: string): string =>
  `${providersPath(image, build)}/${provider}/images`;

/** Beside builds and uploads, the folder of contenders for their lock. */
export const LOCK = 'lock';

export type ImageDataPath =
  | { readonly kind: 'pause'; readonly image: string }
  | { readonly kind: 'build'; readonly image: string; readonly build: string }
  | ({ readonly kind: 'upload'; readonly folder: string } & UploadKey);

/** What an exported path stands for, or undefined if it is none that `export-image-data` writes. */
export function parseImageDataPath(path: string): ImageDataPath | undefined {
  if (!path.startsWith(`${IMAGES}/`)) return undefined;
  const parts = path.slice(IMAGES.length + 1).split('/');
  if (!parts.every(isRecordName)) return undefined;
  const [image = '', kind, build = '', ...below] = parts;
  if (kind === 'pause' && parts.length === 2) return { kind, image };
  if (kind !== 'builds' || parts.length < 3 || build === LOCK) return undefined;
  return below.length === 0 ? { kind: 'build', image, build } : parseUploadPath(image, build, below);
}

function parseUploadPath(image: string, build: string, below: readonly string[]): ImageDataPath | undefined {
  const [providers, provider = '', images, upload = '', ...rest] = below;
  if (providers !== 'providers' || images !== 'images' || rest.length > 0 || !/^\d{10}$/.test(upload)) return undefined;
  return { kind: 'upload', image, build, provider, upload, folder: uploadsPath(image, build, provider) };
}
