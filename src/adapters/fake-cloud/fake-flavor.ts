import { ProviderError } from '../../ports/compute/errors.js';

export interface FakeFlavor {
  readonly name: string;
  /** MiB. */
  readonly ram: number;
  readonly cores: number;
}

/** The flavors of the fake cloud of old (spec BUILDER 6.14). */
export const DEFAULT_FLAVORS: readonly FakeFlavor[] = [
  { name: 'Fake Flavor', ram: 8192, cores: 4 },
  { name: 'Unreal Flavor', ram: 8192, cores: 4 },
];

/** What a label asks for. */
export interface FlavorWish {
  /** MiB; 0 = not given. */
  readonly minRam: number;
  readonly flavorName: string | null;
}

/**
 * The flavor for a label (spec BUILDER 6.3): with `minRam` the smallest that is large enough and whose name contains
 * `flavorName`, else the one named exactly so, else the smallest of all.
 * @throws ProviderError kind `configuration`
 */
export function chooseFlavor(flavors: readonly FakeFlavor[], wish: FlavorWish): FakeFlavor {
  const { minRam, flavorName } = wish;
  const found =
    minRam > 0 || flavorName === null
      ? bySize(flavors).find((flavor) => flavor.ram >= minRam && flavor.name.includes(flavorName ?? ''))
      : flavors.find((flavor) => flavor.name === flavorName);
  if (found) return found;
  const wanted = minRam > 0 ? ` with min ram: ${minRam}` : `: ${flavorName ?? ''}`;
  throw new ProviderError('configuration', `Unable to find flavor${wanted}`, { metric: 'error.nodepool' });
}

function bySize(flavors: readonly FakeFlavor[]): readonly FakeFlavor[] {
  return [...flavors].sort((a, b) => a.ram - b.ram || (a.name < b.name ? -1 : 1));
}
