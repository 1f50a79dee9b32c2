import { describe, expect, it } from 'vitest';
import { TrackedNames } from '../../../src/adapters/records/tracked-names.js';

const created = (path: string) => ({ kind: 'created', path }) as const;
const removed = (path: string) => ({ kind: 'removed', path }) as const;

/** A store that is asked for the list and answers when told to. */
function slow(): { ask: () => Promise<readonly string[]>; answer: (names: readonly string[]) => void; asked: number } {
  const store = {
    asked: 0,
    answer: (_names: readonly string[]): void => undefined,
    ask: () => {
      store.asked += 1;
      return new Promise<readonly string[]>((resolve) => (store.answer = resolve));
    },
  };
  return store;
}

describe('names that are listed once and followed', () => {
  it('are those of the list with what has happened since it was asked for, whether it shows that or not', async () => {
    const names = new TrackedNames('/f');
    const store = slow();
    const first = names.names(store.ask);
    names.happened(created('/f/new'));
    names.happened(removed('/f/old'));
    names.happened(created('/f/brief'));
    names.happened(removed('/f/brief'));
    names.happened(created('/f/new/below'));
    store.answer(['old', 'kept', 'brief']);
    expect((await first)?.toSorted()).toEqual(['kept', 'new']);
    names.happened(created('/f/later'));
    names.happened(removed('/f/kept'));
    expect((await names.names(store.ask))?.toSorted()).toEqual(['later', 'new']);
    expect(store.asked).toBe(1);
  });

  it('go and come with the folder', async () => {
    const names = new TrackedNames('/f');
    const missing = (): Promise<undefined> => Promise.resolve(undefined);
    expect(await names.names(missing)).toBeUndefined();
    names.happened(created('/f'));
    names.happened(created('/f/a'));
    expect(await names.names(missing)).toEqual(['a']);
    names.happened(removed('/f'));
    expect(await names.names(missing)).toBeUndefined();
  });

  it('are listed again when something was missed, also while they are listed', async () => {
    const names = new TrackedNames('/f');
    const store = slow();
    const first = names.names(store.ask);
    names.forget();
    store.answer(['stale']);
    await first;
    const second = names.names(store.ask);
    store.answer(['fresh']);
    expect(await second).toEqual(['fresh']);
    expect(store.asked).toBe(2);
    names.happened(removed('/f'));
    names.happened(created('/f/child of what is not there'));
    const third = names.names(store.ask);
    store.answer(['listed']);
    expect(await third).toEqual(['listed']);
  });

  it('are listed again after a list that failed', async () => {
    const names = new TrackedNames('/f');
    await expect(names.names(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    names.happened(created('/f/a'));
    expect(await names.names(() => Promise.resolve(['a', 'b']))).toEqual(['a', 'b']);
  });
});
