import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

const NOTE_FILE = 'last-backup';

/** What is noted beside a store when a backup was made, for the day that it is needed. */
export interface BackupNote {
  readonly file: string;
  /** ISO 8601. */
  readonly made: string;
  readonly records: number;
}

export async function noteBackup(directory: string, note: BackupNote): Promise<void> {
  const file = path.join(directory, NOTE_FILE);
  await writeFile(`${file}.new`, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Null when none was made, or the note cannot be read: it is a help, nothing that may fail. */
export async function newestBackup(directory: string): Promise<BackupNote | null> {
  try {
    const note = JSON.parse(await readFile(path.join(directory, NOTE_FILE), 'utf8')) as Partial<BackupNote> | null;
    if (typeof note?.file !== 'string' || typeof note.made !== 'string') return null;
    return { file: note.file, made: note.made, records: Number(note.records) };
  } catch {
    return null;
  }
}
