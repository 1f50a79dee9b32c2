/** Providers of the static driver (spec BUILDER 1.7). */
import { Key, RequiredKey, SectionList } from '../schema-key.js';
import { flag, positive, remotePort, text, textOrTexts, words } from '../value-kinds.js';
import { PoolSchema, ProviderSchema } from './provider.schema.js';

export class StaticNodeSchema {
  @RequiredKey('name', text) name?: string;
  @RequiredKey('labels', words) labels?: readonly string[];
  @Key('timeout', positive) timeout?: number;
  @Key('connection-port', remotePort) connectionPort?: number;
  @Key('ssh-port', remotePort) sshPort?: number;
  @Key('connection-type', text) connectionType?: string;
  @Key('username', text) username?: string;
  @Key('host-key', textOrTexts) hostKeys?: readonly string[];
  @Key('max-parallel-jobs', positive) maxParallelJobs?: number;
  @Key('host-key-checking', flag) hostKeyChecking?: boolean;
  @Key('python-path', text) pythonPath?: string;
  @Key('shell-type', text) shellType?: string;
}

export class StaticPoolSchema extends PoolSchema {
  @SectionList('nodes', () => StaticNodeSchema) nodes?: StaticNodeSchema[];
}

export class StaticProviderSchema extends ProviderSchema {
  @SectionList('pools', () => StaticPoolSchema) pools?: StaticPoolSchema[];
}
