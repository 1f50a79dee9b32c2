/** Which image a node is made from, and how its machines are reached. */
import type { PoolLabelConfig, ProviderConfig } from '../config/config.js';
import type { StoredUpload } from '../model/image.js';
import type { InstanceImage } from '../model/instance-image.js';
import { NODE_DEFAULTS } from '../model/node.js';
import type { Node } from '../model/node.js';
import { currentUpload, uploadPath } from './current-image.js';

export interface ImageChoice {
  readonly image: InstanceImage;
  readonly imageName: string | null;
  /** What the node's record says of it. */
  readonly node: Pick<Node, 'imageId' | 'username' | 'pythonPath' | 'shellType'>;
  /** `type` null: the driver tells afterwards how it is reached. */
  readonly connection: { readonly type: string | null; readonly port: number };
}

/** `not-uploaded`: there may be one some time. `not-configured`: not before the configuration changes. */
export interface NoImage {
  readonly kind: 'not-uploaded' | 'not-configured';
  readonly problem: string;
}

/** The driver knows by the label what to make, and tells afterwards how it is reached. */
const NO_IMAGE: ImageChoice = {
  image: { kind: 'none' },
  imageName: null,
  node: { imageId: null, username: NODE_DEFAULTS.username, pythonPath: 'auto', shellType: null },
  connection: { type: null, port: 22 },
};

/** @param uploads of the label's disk image, in whatever state and provider */
export function chooseImage(
  provider: ProviderConfig,
  label: PoolLabelConfig,
  uploads: (image: string) => Iterable<StoredUpload>,
): ImageChoice | NoImage {
  switch (label.image.kind) {
    case 'diskimage':
      return chooseUpload(provider, label.image.name, uploads(label.image.name));
    case 'cloud-image':
      return chooseCloudImage(provider, label.image.name);
    case 'settings':
      return NO_IMAGE;
    case 'none':
      return { kind: 'not-configured', problem: `label ${label.name} has no image` };
  }
}

function chooseUpload(provider: ProviderConfig, name: string, uploads: Iterable<StoredUpload>): ImageChoice | NoImage {
  const upload = currentUpload(uploads, provider.name);
  const config = provider.diskImages.get(name);
  if (!upload || upload.value.externalId === null) {
    return { kind: 'not-uploaded', problem: `Unable to find current cloud image ${name} in ${provider.name}` };
  }
  const { externalId, username, pythonPath, shellType } = upload.value;
  return {
    image: { kind: 'diskimage', externalId, configDrive: config?.configDrive ?? null },
    imageName: name,
    node: { imageId: uploadPath(upload), username, pythonPath, shellType },
    connection: { type: config?.connectionType ?? 'ssh', port: config?.connectionPort ?? 22 },
  };
}

function chooseCloudImage(provider: ProviderConfig, name: string): ImageChoice | NoImage {
  const config = provider.cloudImages.get(name);
  if (!config) return { kind: 'not-configured', problem: `cloud image ${name} is not configured in ${provider.name}` };
  const { imageId, configDrive, username, pythonPath, shellType, connectionType, connectionPort } = config;
  const idOrName = imageId ?? config.imageName ?? config.name;
  return {
    image: { kind: 'cloud-image', idOrName, byId: imageId !== null, configDrive },
    imageName: name,
    node: { imageId: name, username, pythonPath, shellType },
    connection: { type: connectionType, port: connectionPort },
  };
}
