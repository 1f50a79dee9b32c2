import { open, readFile } from 'node:fs/promises';
import { pythonJson } from '../../domain/presentation/python-json.js';
import type { ImageData } from '../../ports/administration/commands.js';
import { ImageDataError } from '../../ports/administration/errors.js';

/** Replaces the file's contents; nobody but its owner may read it, even if it existed with other rights before. */
export async function writeImageData(path: string, data: ImageData): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(pythonJson(data));
  } finally {
    await file.close();
  }
}

/** @throws ImageDataError when the file holds no JSON object; what is in the object is checked by whoever imports it */
export async function readImageData(path: string): Promise<ImageData> {
  const text = await readFile(path, 'utf8');
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
