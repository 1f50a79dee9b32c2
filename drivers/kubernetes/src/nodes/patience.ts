/** How long what may pass is waited for, in seconds. */
export interface Patience {
  /** For a token of the service account [K25]. */
  readonly token: number;
  /** For a scheduler that finds no room: a cluster may be growing [K20]. */
  readonly unschedulable: number;
  /** For an image that cannot be pulled at the moment [K21]. */
  readonly image: number;
  /** For finalizers [K26]. */
  readonly deletion: number;
  /** For roles and accounts of a namespace that has just been made to be known everywhere. */
  readonly settling: number;
}

export const PATIENCE: Patience = { token: 30, unschedulable: 300, image: 120, deletion: 300, settling: 20 };
