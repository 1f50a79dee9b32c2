import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HalfOpenLink } from '../../support/real-faults/half-open-link.js';

/** Answers every word with the same. */
const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
let link: HalfOpenLink;
const near: Socket[] = [];

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  link = await HalfOpenLink.open((server.address() as AddressInfo).port);
});
afterEach(async () => {
  for (const socket of near) socket.destroy();
  await link.close();
  await new Promise((resolve) => server.close(resolve));
});

function dial(): { say(word: string): void; heard(): string; open(): boolean } {
  const socket = connect(link.port, '127.0.0.1');
  let heard = '';
  socket.on('data', (data) => (heard += data.toString()));
  near.push(socket);
  return { say: (word) => socket.write(word), heard: () => heard, open: () => !socket.closed };
}

it('what was there when the link fell silent stays open and dead, and only what is new gets through later', async () => {
  const old = dial();
  old.say('one');
  await vi.waitFor(() => expect(old.heard()).toBe('one'));
  link.fallSilent();
  const vain = dial();
  await vi.waitFor(() => expect(link.ends).toBe(3));
  for (const connection of [old, vain]) connection.say('two');
  link.heal();
  const fresh = dial();
  for (const connection of [old, vain, fresh]) connection.say('three');
  await vi.waitFor(() => expect(fresh.heard()).toBe('three'));
  expect([old.heard(), vain.heard(), old.open(), vain.open()]).toEqual(['one', '', true, true]);
});
