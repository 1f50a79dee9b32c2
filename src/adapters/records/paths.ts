/** Where records live (spec LAUNCHER 1.2). */
import type { BuildKey, UploadKey } from '../../domain/model/image.js';

export const NODES = '/nodepool/nodes';
export const REQUESTS = '/nodepool/requests';
export const REQUEST_LOCKS = '/nodepool/requests-lock';
export const IMAGES = '/nodepool/images';
/** Ours alone; everything else is shared with Python. */
export const INSTALLATION = '/nodepool/installation';
export const LEASES = '/nodepool/leases';
/** Locks under which the leases of one holder are counted. */
export const LEASE_HOLDERS = '/nodepool/lease-holders';
/** Ours alone, too. */
export const TURNS = '/nodepool/turns';
export const LAUNCHERS = '/nodepool/launchers';
export const BUILDER_COMPONENTS = '/nodepool/components/builder';
export const POOL_COMPONENTS = '/nodepool/components/pool';

export const nodePath = (id: string): string => `${NODES}/${id}`;
export const nodeLockPath = (id: string): string => `${NODES}/${id}/lock`;
export const requestPath = (id: string): string => `${REQUESTS}/${id}`;
export const requestLockPath = (id: string): string => `${REQUEST_LOCKS}/${id}`;
export const leasePath = (id: string): string => `${LEASES}/${id}`;
export const leaseLockPath = (id: string): string => `${LEASES}/${id}/lock`;
/** Names may hold what paths may not. */
export const holderLockPath = (holder: string): string =>
  `${LEASE_HOLDERS}/${encodeURIComponent(holder).replaceAll('.', '%2E')}`;
/** The lock directory of a turn; names may hold anything. */
export const turnPath = (name: string): string => `${TURNS}/${encodeURIComponent(name)}`;
export const electionPath = (name: string): string => `/nodepool/elections/${name}`;
export const oldLauncherPath = (id: string): string => `${LAUNCHERS}/${id}`;
export const componentsPath = (kind: string): string => `/nodepool/components/${kind}`;
/** Without the sequence number. */
export const componentPath = (kind: string, hostname: string): string => `${componentsPath(kind)}/${hostname}`;

export const imagePath = (image: string): string => `${IMAGES}/${image}`;
export const buildRequestPath = (image: string): string => `${imagePath(image)}/request-build`;
export const pausePath = (image: string): string => `${imagePath(image)}/pause`;
export const buildsPath = (image: string): string => `${imagePath(image)}/builds`;
export const imageLockPath = (image: string): string => `${buildsPath(image)}/lock`;
export const buildPath = (key: BuildKey): string => `${buildsPath(key.image)}/${key.build}`;
export const buildLockPath = (key: BuildKey): string => `${buildPath(key)}/lock`;
export const providersPath = (key: BuildKey): string => `${buildPath(key)}/providers`;
export const uploadsPath = (key: BuildKey & { readonly provider: string }): string =>
  `${providersPath(key)}/${key.provider}/images`;
export const providerLockPath = (key: BuildKey & { readonly provider: string }): string => `${uploadsPath(key)}/lock`;
export const uploadPath = (key: UploadKey): string => `${uploadsPath(key)}/${key.upload}`;
export const uploadLockPath = (key: UploadKey): string => `${uploadPath(key)}/lock`;

/** Kazoo's pattern of a contender's name (spec LAUNCHER 1.5). */
const CONTENDER = /__lock__-?\d{10}$/;

export function isContender(name: string): boolean {
  return CONTENDER.test(name);
}
