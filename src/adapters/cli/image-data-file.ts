import { open, readFile } from 'node:fs/promises';
import { pythonJson } from '../../domain/presentation/python-json.js';
import type { ImageData } from '../../ports/administration/commands.js';
import { ImageDataError } from '../../ports/administration/errors.js';

/** Replaces the file's contents; nobody but its owner may read it, even if it existed with other rights before. */
export async function writeImageData(path: string, data: ImageData): Promise<void> {
  const file = await open(path, 'w', 0o600).catch((error: unknown) => {
    throw new ImageDataError(`${path} cannot be written: ${reason(error)}`, { cause: error });
  });
  try {
    await file.chmod(0o600);
    await file.writeFile(pythonJson(data));
  } finally {
    await file.close();
  }
}

/** @throws ImageDataError when the file cannot be read or holds no JSON object; what is in the object is checked by whoever imports it */
export async function readImageData(path: string): Promise<ImageData> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ImageDataError(`${path} cannot be read: ${reason(error)}`, { cause: error });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error: unknown) {
    throw new ImageDataError(`${path} is not JSON`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ImageDataError(`${path} does not hold a JSON object`);
  }
  return value as ImageData;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
};

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (code === '' ? 'unknown reason' : code);
}
