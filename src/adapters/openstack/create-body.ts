import { openStackLabelSettings, openStackPoolSettings } from '../../domain/config/openstack.js';
import type { InstanceSpec } from '../../ports/compute/provider.js';
import type { JsonObject } from './client/api-call.js';

export interface CreateChoices {
  readonly flavorId: string;
  /** Empty for a label without an image. */
  readonly imageId: string;
  /** In the order of the configuration; empty = nova's own choice. */
  readonly networkIds: readonly string[];
}

export interface CreateRequest {
  readonly path: '/servers' | '/os-volumes_boot';
  readonly body: JsonObject;
}

/** What nova is asked for (spec BUILDER 6.4). Keys that were not configured are left out, for nova has ideas of its own. */
export function createRequest(spec: InstanceSpec, choices: CreateChoices): CreateRequest {
  const label = openStackLabelSettings(spec.label);
  const { securityGroups } = openStackPoolSettings(spec.pool);
  const configDrive = spec.image.kind === 'none' ? null : spec.image.configDrive;
  const server: JsonObject = {
    name: spec.hostname,
    flavorRef: choices.flavorId,
    imageRef: label.bootFromVolume ? '' : choices.imageId,
    min_count: 1,
    max_count: 1,
    metadata: spec.metadata,
    ...(label.keyName ? { key_name: label.keyName } : {}),
    ...(configDrive === null ? {} : { config_drive: configDrive }),
    ...(spec.az ? { availability_zone: spec.az } : {}),
    ...(label.userdata ? { user_data: Buffer.from(label.userdata, 'utf8').toString('base64') } : {}),
    ...(securityGroups.length > 0 ? { security_groups: securityGroups.map((name) => ({ name })) } : {}),
    ...(choices.networkIds.length > 0 ? { networks: choices.networkIds.map((uuid) => ({ uuid })) } : {}),
    ...(label.bootFromVolume ? { block_device_mapping_v2: [bootVolume(choices.imageId, label.volumeSize)] } : {}),
  };
  return { path: label.bootFromVolume ? '/os-volumes_boot' : '/servers', body: { server } };
}

/** The volume goes when the server goes. */
function bootVolume(image: string, gigabytes: number): JsonObject {
  return {
    boot_index: '0',
    source_type: 'image',
    uuid: image,
    destination_type: 'volume',
    volume_size: String(gigabytes),
    delete_on_termination: true,
  };
}
