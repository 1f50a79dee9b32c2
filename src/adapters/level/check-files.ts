import { readFile, truncate } from 'node:fs/promises';
import path from 'node:path';
import { StoreDamagedError } from '../../ports/coordination/store-engine.js';
import { scanLog } from './scan-log.js';
import { filesIn } from './store-directory.js';

/** What lies behind the last complete batch of a log. */
export interface DamagedTail {
  readonly file: string;
  readonly soundBytes: number;
  readonly words: string;
}

export interface FilesFound {
  readonly tails: readonly DamagedTail[];
  /** Something was committed once, so that records are expected. */
  readonly committed: boolean;
}

/**
 * Looks at the files of a LevelDB that nobody has open, before LevelDB does: it would skip what is damaged and go on.
 * @throws StoreDamagedError when something complete follows the damage, or the files do not make a whole
 */
export async function checkFiles(place: string, folder: string): Promise<FilesFound> {
  const names = await filesIn(folder);
  if (names.length === 0) return { tails: [], committed: false };
  await checkManifest(place, folder, names);
  const tails: DamagedTail[] = [];
  let committed = names.some((name) => /^\d+\.(ldb|sst)$/.test(name));
  for (const name of names.filter((each) => /^\d+\.log$/.test(each)).sort()) {
    const file = path.join(folder, name);
    const data = await readFile(file);
    const { batches, soundBytes, damage } = scanLog(data);
    committed ||= batches > 0;
    if (!damage) continue;
    const where = `${path.relative(place, file)}: ${damage.problem} at byte ${damage.offset} of ${data.length}`;
    if (damage.kind === 'middle') throw new StoreDamagedError(place, `${where}, and valid data follows`);
    const lost = `${data.length - soundBytes} bytes behind ${batches} complete commits`;
    tails.push({ file, soundBytes, words: `${where}; dropped ${lost}` });
  }
  return { tails, committed };
}

/** Takes the tails off, so that nothing has to make sense of them again. */
export async function dropTails(tails: readonly DamagedTail[]): Promise<void> {
  for (const { file, soundBytes } of tails) await truncate(file, soundBytes);
}

/** A store that has begun and has no list of its files, or a broken one. A list that was cut is LevelDB's to mend: its last line counts only when it is there. */
async function checkManifest(place: string, folder: string, names: readonly string[]): Promise<void> {
  const data = names.filter((name) => /^\d+\.(log|ldb|sst)$/.test(name));
  const current = await readFile(path.join(folder, 'CURRENT'), 'latin1').catch(() => null);
  if (current === null) {
    if (data.length === 0) return;
    throw new StoreDamagedError(place, 'tree/CURRENT, which names the list of its files, is missing');
  }
  const manifest = /^(MANIFEST-\d+)\n$/.exec(current)?.[1];
  if (manifest === undefined) throw new StoreDamagedError(place, 'tree/CURRENT does not name a list of its files');
  const list = await readFile(path.join(folder, manifest)).catch(() => null);
  if (list === null) throw new StoreDamagedError(place, `tree/${manifest}, the list of its files, is missing`);
  const { damage } = scanLog(list);
  if (damage && damage.problem !== 'cut off')
    throw new StoreDamagedError(place, `tree/${manifest}: ${damage.problem} at byte ${damage.offset}`);
}
