/** What clients ask before they ask for anything. */
import type { Kind } from './objects.js';

const VERBS = ['create', 'delete', 'get', 'list', 'watch'];

/** Undefined for other paths. */
export function discovery(path: string, kinds: readonly Kind[]): object | undefined {
  const groups: readonly string[] = [...new Set(kinds.map(({ group }) => group))].filter((group) => group !== '');
  if (path === '/version') return { major: '1', minor: '29', gitVersion: 'v1.29.0', platform: 'linux/amd64' };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) };
  if (path === '/api/v1')
    return resources(
      'v1',
      kinds.filter(({ group }) => group === ''),
    );
  const [, group] = /^\/apis\/([^/]+)\/v1$/.exec(path) ?? [];
  if (group === undefined || !groups.includes(group)) return undefined;
  return resources(
    `${group}/v1`,
    kinds.filter((kind) => kind.group === group),
  );
}

function groupOf(name: string): object {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}

function resources(groupVersion: string, kinds: readonly Kind[]): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: kinds.map(({ plural, kind, namespaced, short }) => ({
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: VERBS,
      ...(short === undefined ? {} : { shortNames: [short] }),
    })),
  };
}
