/** Reads what a cloud answers. Nothing of it is taken for granted: what is missing or of another kind is absent. */
import type { JsonObject } from './client/api-call.js';

export function objectAt(from: JsonObject, key: string): JsonObject {
  const value = from[key];
  return isObject(value) ? value : {};
}

export function objectsAt(from: JsonObject, key: string): readonly JsonObject[] {
  const value = from[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** `''` when there is none. */
export function textAt(from: JsonObject, key: string): string {
  const value = from[key];
  return typeof value === 'string' ? value : '';
}

export function numberAt(from: JsonObject, key: string): number | null {
  const value = from[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The entries whose values are texts. */
export function texts(from: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(from).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The entries whose values are texts or numbers, all as texts. */
export function plainValues(from: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(from)
      .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
      .map(([key, value]) => [key, String(value)]),
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
