/**
 * What a call is called in metrics: `compute.GET.servers`, by the collections in its path (spec BUILDER 5.2). Ids, which stand at
 * every second place, are left out, except that a path that ends in `detail` is called by its last two parts.
 */
export function callName(service: string, method: string, path: string): string {
  return [service.replaceAll('-', '_'), method, ...pathParts(path)].join('.');
}

function pathParts(path: string): readonly string[] {
  const [plain = ''] = path.split('?');
  const parts = plain
    .replace(/\.json$/, '')
    .split('/')
    .filter((part) => part !== '');
  if (parts.at(-1) === 'detail') return parts.slice(-2);
  if (parts.at(-1) === 'tokens') return ['tokens'];
  if (/^v\d/.test(parts[0] ?? '')) parts.shift();
  const names = parts.filter((_part, index) => index % 2 === 0);
  return names.length > 0 ? names : ['discovery'];
}
