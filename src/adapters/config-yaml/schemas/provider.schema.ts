/** Keys that the providers and pools of all drivers have (spec BUILDER 1.5). */
import { Key, RequiredKey } from '../schema-key.js';
import { freeMap, integer, integerMap, limit, pathName, text } from '../value-kinds.js';

export class ProviderSchema {
  @RequiredKey('name', text) name?: string;
  @Key('driver', text) driver?: string;
  @Key('max-concurrency', integer) maxConcurrency?: number;
  @Key('priority', integer) priority?: number;
}

export class PoolSchema {
  @RequiredKey('name', pathName) name?: string;
  @Key('max-servers', limit) maxServers?: number;
  @Key('max-cores', limit) maxCores?: number;
  @Key('max-ram', limit) maxRam?: number;
  @Key('max-resources', integerMap) maxResources?: Readonly<Record<string, number>>;
  @Key('priority', integer) priority?: number;
  @Key('node-attributes', freeMap) nodeAttributes?: Readonly<Record<string, unknown>>;
}
