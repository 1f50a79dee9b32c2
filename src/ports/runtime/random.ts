/** Randomness and ids; seeded in simulations. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** 32 lower-case hex digits of a random UUID. */
  hexId(): string;
  /** A UUIDv4 with dashes. */
  uuid(): string;
}
