import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../../domain/config/config.js';
import type { DriverSchema, ProblemSink, ProviderSection } from '../../../domain/config/driver-schema.js';
import type { StaticNodeConfig, StaticPoolSettings } from '../../../domain/config/static-node.js';
import { below } from '../problem-list.js';
import { readSection } from '../read-section.js';
import type { StaticNodeSchema, StaticPoolSchema } from '../schemas/static.schema.js';
import { StaticProviderSchema } from '../schemas/static.schema.js';
import { withDefaults } from '../with-defaults.js';
import { byName, checkLabel, commonPool, providerDefaults } from './provider-parts.js';

type ProblemsOf = (entry: object) => ProblemSink;

/** Reads `driver: static` (spec BUILDER 1.7). */
export class StaticDriverSchema implements DriverSchema {
  readonly driver = 'static';
  readonly managesImages = false;

  parse(section: ProviderSection, problems: ProblemSink): ProviderConfig {
    const read = readSection(StaticProviderSchema, section.value, problems);
    const at: ProblemsOf = (entry) => below(problems, ...read.pathOf(entry));
    const machines = new Set<string>();
    return {
      ...providerDefaults(section, read.value),
      managesImages: false,
      pools: byName('pool', read.value.pools, at, (pool, name) =>
        this.pool(pool, name, section, read.value, at, machines),
      ),
    };
  }

  private pool(
    pool: StaticPoolSchema,
    name: string,
    section: ProviderSection,
    provider: StaticProviderSchema,
    at: ProblemsOf,
    machines: Set<string>,
  ): PoolConfig {
    const nodes: StaticNodeConfig[] = [];
    for (const entry of pool.nodes ?? []) {
      const node = staticNode(entry, at(entry));
      for (const label of node?.labels ?? []) checkLabel(label, section, at(entry), 'labels');
      if (node && claim(node, machines, at(entry))) nodes.push(node);
    }
    const settings: StaticPoolSettings = { nodes };
    return {
      ...commonPool(pool, name, section, provider),
      ignoreProviderQuota: false,
      availabilityZones: [],
      useInternalIp: false,
      labels: new Map(nodes.flatMap((node) => node.labels).map((label) => [label, existingMachine(label)])),
      settings,
    };
  }
}

const NODE_DEFAULTS: Omit<StaticNodeConfig, 'name' | 'labels' | 'connectionPort'> = {
  timeout: 5,
  connectionType: 'ssh',
  username: 'zuul',
  hostKeys: [],
  maxParallelJobs: 1,
  hostKeyChecking: true,
  pythonPath: 'auto',
  shellType: null,
};
const SSH_PORT = 22;

function staticNode(schema: StaticNodeSchema, problems: ProblemSink): StaticNodeConfig | undefined {
  if (schema.sshPort !== undefined) {
    problems.report(['ssh-port'], 'ssh-port is an old name', {
      hint: 'write connection-port',
      severity: 'warning',
      at: 'key',
    });
  }
  if (schema.name === undefined || schema.labels === undefined) return undefined;
  return {
    ...withDefaults(schema, NODE_DEFAULTS),
    name: schema.name,
    labels: [...new Set(schema.labels)],
    connectionPort: schema.connectionPort ?? schema.sshPort ?? SSH_PORT,
  };
}

/** One machine belongs to one pool: two entries would hand out its slots twice. */
function claim(node: StaticNodeConfig, machines: Set<string>, problems: ProblemSink): boolean {
  const identity = JSON.stringify([node.name, node.username, node.connectionPort]);
  if (!machines.has(identity)) {
    machines.add(identity);
    return true;
  }
  problems.report(['name'], `node ${node.username}@${node.name}:${node.connectionPort} already defined`, {
    hint: 'remove one of them; the first one counts',
    severity: 'strict',
  });
  return false;
}

function existingMachine(name: string): PoolLabelConfig {
  return {
    name,
    image: { kind: 'none' },
    hostKeyChecking: true,
    consoleLog: false,
    instanceProperties: {},
    dynamicInstanceProperties: {},
    settings: {},
  };
}
