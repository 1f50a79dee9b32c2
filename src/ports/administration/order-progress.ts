/**
 * Orders that are followed until they have been carried out: the driving port behind `--wait`.
 *
 * Reports come synchronously, at once and whenever something has changed; the mirrors of nodes (for deletions), and of images and
 * builders (for builds) must be open. Nobody is asked anew: what is reported is what the mirrors show. Ends early only by `signal`, with
 * its reason; the order itself stays.
 */
export interface OrderProgress {
  /**
   * Orders a build as `ImageCommands.build` does, and resolves when the first build that began afterwards has ended. A build that is
   * under way already does not count, for it may not have what the order is about, unless it was ordered, too: then builders take both
   * orders for one.
   * @throws as `ImageCommands.build`
   */
  build(image: string, report: (progress: BuildProgress) => void, signal?: AbortSignal): Promise<BuildEnding>;

  /** Resolves when the record of the node is gone, which is when its machine is. At once if there is none. */
  deletion(id: string, report: (progress: DeletionProgress) => void, signal?: AbortSignal): Promise<void>;
}

export type BuildProgress =
  /** `held`: why builders do not begin, if they say so. */
  | { readonly kind: 'waiting'; readonly paused: boolean; readonly held: string | null }
  | { readonly kind: 'building'; readonly build: string; readonly builder: string | null };

export type BuildEnding =
  | { readonly kind: 'built'; readonly build: string; readonly formats: readonly string[] }
  /** `problem`: what the builder says about it, if it does. */
  | { readonly kind: 'failed'; readonly build: string; readonly problem: string | null }
  /** Somebody took the order back before a builder began. */
  | { readonly kind: 'withdrawn' };

export interface DeletionProgress {
  readonly state: string;
  readonly locked: boolean;
}
