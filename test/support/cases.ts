import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../fixtures/cases');

/** An input that went wrong in the field, as it came. */
export function caseText(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8');
}
