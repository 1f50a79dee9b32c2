import { isEntry, type CloudEntry } from './cloud-entry-reader.js';

export function mapAt(map: CloudEntry, key: string): CloudEntry | undefined {
  const value = Object.hasOwn(map, key) ? map[key] : undefined;
  return isEntry(value) ? value : undefined;
}

/** Null if it is empty, or no text. */
export function textAt(map: CloudEntry, key: string): string | null {
  const value = Object.hasOwn(map, key) ? map[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Maps are merged level by level, all else is replaced. */
export function mergeDeep(base: CloudEntry, over: CloudEntry): CloudEntry {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    merged.set(key, isEntry(below) && isEntry(value) ? mergeDeep(below, value) : value);
  }
  return Object.fromEntries(merged);
}
