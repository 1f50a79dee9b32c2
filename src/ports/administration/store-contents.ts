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
  const line = parsed(text);
  const problem = lineProblem(line);
  if (problem !== undefined) throw new StoreLineError(problem);
  return line as StoreLine;
}

type UncheckedLine = Partial<Record<keyof StoreLine, unknown>>;

function parsed(text: string): UncheckedLine {
  try {
    return (JSON.parse(text) as UncheckedLine | null) ?? {};
  } catch {
    throw new StoreLineError('it is not JSON');
  }
}

function lineProblem(line: UncheckedLine): string | undefined {
  const { path, data, base64, sequence } = line;
  if (typeof path !== 'string' || path === '/') return 'it has no path';
  const texts = [data, base64].filter((text) => text !== undefined);
  if (texts.length !== 1 || typeof texts[0] !== 'string') return 'it has not one of data and base64, a text';
  if (!isInt32(sequence)) return 'its sequence is not a whole number of 32 bits';
  const odd = NUMBERS.find((key) => line[key] !== undefined && !Number.isFinite(line[key]));
  return odd && `its ${odd} is no number`;
}

const NUMBERS = ['created', 'modified', 'version'] as const;

function isInt32(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 31;
}
