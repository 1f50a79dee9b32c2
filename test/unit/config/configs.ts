import { stringify } from 'yaml';

type Part = Readonly<Record<string, unknown>>;

export function poolLabel(extra: Part = {}): Part {
  return { name: 'small', diskimage: 'debian', 'min-ram': 2048, ...extra };
}

export function cloudProvider(extra: Part = {}): Part {
  return {
    name: 'one',
    driver: 'openstack',
    cloud: 'one',
    diskimages: [{ name: 'debian' }],
    pools: [{ name: 'main', labels: [poolLabel()] }],
    ...extra,
  };
}

/** A whole configuration: one image, one label, one OpenStack provider. */
export function configuration(extra: Part = {}): string {
  return stringify({
    labels: [{ name: 'small' }],
    diskimages: [{ name: 'debian' }],
    providers: [cloudProvider()],
    ...extra,
  });
}

export function withProvider(extra: Part, top: Part = {}): string {
  return configuration({ providers: [cloudProvider(extra)], ...top });
}

export function withPool(extra: Part, top: Part = {}): string {
  return withProvider({ pools: [{ name: 'main', labels: [poolLabel()], ...extra }] }, top);
}

export function withPoolLabel(label: Part, providerExtra: Part = {}): string {
  return withProvider({ pools: [{ name: 'main', labels: [label] }], ...providerExtra });
}

export function withImages(...diskimages: readonly Part[]): string {
  return stringify({ diskimages });
}

export function staticProvider(...nodes: readonly Part[]): string {
  return stringify({
    labels: [{ name: 'a' }, { name: 'b' }],
    providers: [{ name: 'metal', driver: 'static', pools: [{ name: 'main', nodes }] }],
  });
}
