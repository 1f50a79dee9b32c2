import { IMAGES } from './paths.js';

/** What a path below `/nodepool/images` is about. */
export type ImagePlace =
  | {
      readonly kind: 'pause' | 'request-build';
      readonly image: string;
      readonly build?: never;
      readonly provider?: never;
      readonly upload?: never;
    }
  | {
      readonly kind: 'build';
      readonly image: string;
      readonly build: string;
      readonly provider?: never;
      readonly upload?: never;
    }
  | {
      readonly kind: 'upload';
      readonly image: string;
      readonly build: string;
      readonly provider: string;
      readonly upload: string;
    };

/** Answers undefined for folders, locks and whatever else has no data of interest. */
export function parseImagePath(path: string): ImagePlace | undefined {
  if (!path.startsWith(`${IMAGES}/`)) return undefined;
  const [image, kind, ...below] = path.slice(IMAGES.length + 1).split('/');
  if (image === undefined) return undefined;
  if (kind === 'pause' || kind === 'request-build') return below.length === 0 ? { kind, image } : undefined;
  return kind === 'builds' ? parseBelowBuilds(image, below) : undefined;
}

function parseBelowBuilds(image: string, elements: readonly string[]): ImagePlace | undefined {
  const [build, providers, provider, images, upload, ...more] = elements;
  if (build === undefined || build === 'lock') return undefined;
  if (providers === undefined) return { kind: 'build', image, build };
  if (providers !== 'providers' || images !== 'images' || more.length > 0) return undefined;
  if (provider === undefined || upload === undefined || upload === 'lock') return undefined;
  return { kind: 'upload', image, build, provider, upload };
}
