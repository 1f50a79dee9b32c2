/** What a store holds, for those who carry it elsewhere (spec store, "Tools"). */

/** One record. Data is `data` if it is text, else `base64`. */
export interface StoreLine {
  readonly path: string;
  readonly data?: string;
  readonly base64?: string;
  /** Children ever created: what the next sequential name is made of. */
  readonly sequence: number;
  /** Seconds since the epoch, and how often the data was written; in backups, not in exports. */
  readonly created?: number;
  readonly modified?: number;
  readonly version?: number;
}

/** A line that cannot be used. */
export class StoreLineError extends Error {
  readonly code = 'NP_STORE_LINE';
  override readonly name = 'StoreLineError';
}

export interface StoreContents {
  /**
   * Every persistent record but the root as it is at one moment on disk, parents before their children.
   * @param whole with times and versions
   * @throws StoreFailureError when the store cannot be written, so that its last changes are in doubt
   */
  read(whole: boolean): Promise<readonly StoreLine[]>;
}

/** @throws StoreLineError unless the text is a record */
export function parseStoreLine(text: string): StoreLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StoreLineError('it is not JSON');
  }
  const line = value as Partial<Record<keyof StoreLine, unknown>> | null;
  if (typeof line?.path !== 'string' || line.path === '/') throw new StoreLineError('it has no path');
  const { data, base64, sequence } = line;
  if (typeof (data ?? base64) !== 'string' || (data !== undefined && base64 !== undefined))
    throw new StoreLineError('it has not one of data and base64, a text');
  if (!Number.isInteger(sequence) || Number(sequence) < -(2 ** 31) || Number(sequence) >= 2 ** 31)
    throw new StoreLineError('its sequence is not a whole number of 32 bits');
  for (const key of ['created', 'modified', 'version'] as const)
    if (line[key] !== undefined && !Number.isFinite(line[key])) throw new StoreLineError(`its ${key} is no number`);
  return line as StoreLine;
}
