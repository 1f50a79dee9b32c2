/** Why a label has its `min-ready` nodes or not. `until`: seconds since the epoch. */
export type LabelReason =
  | { readonly code: 'MIN_READY_MET'; readonly label: string; readonly ready: number; readonly wanted: number }
  /** Asked for, not there yet. */
  | {
      readonly code: 'MIN_READY_UNDERWAY';
      readonly label: string;
      readonly ready: number;
      readonly underway: number;
      readonly wanted: number;
    }
  | { readonly code: 'MIN_READY_BACKOFF'; readonly label: string; readonly missing: number; readonly until: number }
  /** Another launcher keeps the label. */
  | { readonly code: 'NOT_ELECTED'; readonly label: string }
  | { readonly code: 'LABEL_NOT_OFFERED'; readonly label: string };
