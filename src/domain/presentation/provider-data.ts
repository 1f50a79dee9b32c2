import type { NodeRow, ProviderData, ProviderImageRow, UploadRow } from './rows.js';

/** What the lists say about one provider. */
export function providerDataOf(
  provider: string,
  uploads: readonly UploadRow[],
  nodes: readonly NodeRow[],
): ProviderData {
  const images = new Map<string, ProviderImageRow & { readonly uploads: string[] }>();
  for (const { image, build, upload } of uploads.filter((each) => each.provider === provider)) {
    const key = `${image}/${build}`;
    const row = images.get(key) ?? { image, build, uploads: [] };
    row.uploads.push(upload);
    images.set(key, row);
  }
  const own = nodes.filter((node) => node.provider === provider);
  return { provider, images: [...images.values()], nodes: own.map(({ id, serverId }) => ({ id, serverId })) };
}
