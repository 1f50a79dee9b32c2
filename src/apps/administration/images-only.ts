import type { Explanations } from '../../ports/administration/explanations.js';

/** A builder sees images only: of all else it would say that there is nothing. */
export function imagesOnly(explanations: Explanations): Explanations {
  return { explain: (kind, id) => (kind === 'image' ? explanations.explain(kind, id) : undefined) };
}
