export interface Place {
  readonly line: number;
  readonly column: number;
}
