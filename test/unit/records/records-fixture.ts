import type { RecordStat } from '../../../src/ports/coordination/tree-store.js';

export function aStat(change: Partial<RecordStat> = {}): RecordStat {
  return {
    version: 0,
    createdTime: 100,
    modifiedTime: 200,
    modifiedId: 1,
    ephemeral: false,
    childCount: 0,
    ...change,
  };
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (data: Uint8Array): string => new TextDecoder().decode(data);
