/** A pool as reasons name it: the names of pools are unique in their provider only. */
export function poolName({ provider, name }: { readonly provider: string; readonly name: string }): string {
  return `${provider}/${name}`;
}
