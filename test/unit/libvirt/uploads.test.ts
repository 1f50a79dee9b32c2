import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskSizeOf } from '../../../src/adapters/libvirt/image-header.js';
import { imageUpload, never } from '../../support/libvirt-bench.js';
import type { StubVirsh, VirshAnswer } from '../../support/stub-virsh.js';
import { aHost } from '../../support/stub-virsh.js';
import { failure, onAStub } from './on-a-stub.js';

const MIB = 1024 ** 2;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'np-images-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: Buffer): string {
  const name = path.join(folder, 'image');
  writeFileSync(name, content);
  return name;
}

/** The head of a qcow2 file, as docs/interop/qcow2.txt of QEMU has it. */
function qcow2({ version = 3, backing = 0n, size = 64n * BigInt(MIB), features = 0n } = {}): Buffer {
  const head = Buffer.alloc(104);
  head.write('QFI\u00fb', 'latin1');
  head.writeUInt32BE(version, 4);
  head.writeBigUInt64BE(backing, 8);
  head.writeBigUInt64BE(size, 24);
  head.writeBigUInt64BE(features, 72);
  return head;
}

describe('[V1] an image file', () => {
  it.each([
    ['qcow2 of version 2', qcow2({ version: 2 }), 'qcow2', 64 * MIB],
    ['qcow2 of version 3', qcow2(), 'qcow2', 64 * MIB],
    ['a disk', Buffer.alloc(4096, 'x'), 'raw', 4096],
  ])('of %s has a size', async (_what, content, format, size) => {
    expect(await diskSizeOf(file(content), format)).toBe(size);
  });

  it.each([
    ['a raw disk is said to be qcow2', Buffer.alloc(4096, 'x'), 'qcow2', /is said to be qcow2, but is not/],
    ['qcow2 is said to be raw', qcow2(), 'raw', /is said to be raw, but is qcow2/],
    ['there is nothing in it', Buffer.alloc(0), 'raw', /is empty/],
    ['only the first word is right', qcow2().subarray(0, 40), 'qcow2', /is said to be qcow2, but is not/],
    ['it is an overlay', qcow2({ backing: 512n }), 'qcow2', /is an overlay on another file/],
    ['its data is elsewhere', qcow2({ features: 4n }), 'qcow2', /keeps its data in another file/],
    ['it is of a later version', qcow2({ version: 4 }), 'qcow2', /qcow2 version 4/],
    ['its format is another one', Buffer.alloc(4096, 'x'), 'vhd', /format vhd cannot be used/],
  ])('is refused when %s', async (_why, content, format, words) => {
    const refused = await failure(diskSizeOf(file(content), format));
    expect(refused).toMatchObject({ kind: 'configuration', message: expect.stringMatching(words) as unknown });
  });
});

describe('[V1] [V9] an upload that breaks', () => {
  const stored = (bytes: number): string => `<volume><name>v</name><capacity>${bytes}</capacity></volume>`;

  async function upload(
    answers: Readonly<Record<string, () => VirshAnswer>>,
  ): Promise<{ host: StubVirsh; error: unknown }> {
    const host = aHost({ 'vol-dumpxml': () => stored(64 * MIB), ...answers });
    const { provider } = await onAStub(host);
    return { host, error: await failure(provider.images!.upload(imageUpload(file(qcow2())), never)) };
  }

  it('does not, when the volume is what was uploaded: made, filled, and looked at', async () => {
    const { host, error } = await upload({});
    expect(error).toBeUndefined();
    const made = host.commands.filter(([first = '']) => first.startsWith('vol-'));
    expect(made.map(([first]) => first)).toEqual(['vol-create-as', 'vol-upload', 'vol-dumpxml']);
    expect(host.asked('vol-upload')[0]).toContain(path.join(folder, 'image'));
  });

  it('in the middle, for want of room, has no capacity, and its volume is removed', async () => {
    const text = 'cannot write: No space left on device';
    const { host, error } = await upload({ 'vol-upload': () => ({ error: text }) });
    expect(error).toMatchObject({ kind: 'capacity' });
    expect(host.asked('vol-delete')[0]).toContain(host.asked('vol-create-as')[0]?.[4]);
  });

  it('silently, so that less has arrived, is noticed, and its volume is removed', async () => {
    const { host, error } = await upload({ 'vol-dumpxml': () => stored(63 * MIB) });
    expect(error).toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('is not what was uploaded') as unknown,
    });
    expect(host.asked('vol-delete')).toHaveLength(1);
  });

  it('because the host goes away says that, even if nothing can be taken back', async () => {
    const gone = (): VirshAnswer => ({ error: 'Failed to connect socket: Connection refused' });
    const { error } = await upload({ 'vol-upload': gone, 'vol-delete': gone });
    expect(error).toMatchObject({ kind: 'transient', details: { unanswered: true } });
  });
});
