import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageUploadSpec } from '../../../src/ports/compute/images.js';
import { failure, never, onFakeOpenStack } from './openstack-harness.js';

const CONTENTS = Buffer.from('an image of sorts'.repeat(10_000));
const PUT = /^PUT \/image\/v2\/images\/[^/]+\/file$/;
const POST = /^POST \/image\/v2\/images$/;
const TASKS = { imageApiUseTasks: true };

function hashed(algorithm: string): string {
  return createHash(algorithm).update(CONTENTS).digest('hex');
}

describe('uploading to Glance', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nodepool-upload-'));
    writeFileSync(join(folder, 'tiny.vhd'), CONTENTS);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const upload = (change: Partial<ImageUploadSpec> = {}): ImageUploadSpec => ({
    name: 'tiny-1700000000',
    file: join(folder, 'tiny.vhd'),
    format: 'vhd',
    md5: hashed('md5'),
    sha256: hashed('sha256'),
    properties: { nodepool_build_id: 'b', nodepool_upload_id: '0000000001', min_disk: '10', colour: 'blue' },
    ...change,
  });

  it('makes the record, then streams the file into it [BUILDER 185]', async () => {
    const { provider, cloud } = await onFakeOpenStack({ disableVendorAgent: { vm_mode: 'hvm' } });
    const id = await provider.images.upload(upload(), never);
    const writes = cloud.calls.filter((call) => /^(POST|PUT|DELETE|PATCH) \/image/.test(call));
    expect(writes).toEqual(['POST /image/v2/images', `PUT /image/v2/images/${id}/file`]);
    expect(cloud.images.get(id)).toEqual({
      id,
      name: 'tiny-1700000000',
      status: 'active',
      disk_format: 'vhd',
      container_format: 'bare',
      visibility: 'private',
      vm_mode: 'hvm',
      nodepool_build_id: 'b',
      nodepool_upload_id: '0000000001',
      colour: 'blue',
      min_disk: 10,
      'owner_specified.openstack.md5': hashed('md5'),
      'owner_specified.openstack.sha256': hashed('sha256'),
      'owner_specified.openstack.object': 'images/tiny-1700000000',
      checksum: hashed('md5'),
      size: CONTENTS.length,
      type: 'application/octet-stream',
    });
  });

  it('computes the checksums that the build did not make [BUILDER 185]', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    const id = await provider.images.upload(upload({ md5: null, sha256: null }), never);
    expect(cloud.images.get(id)).toMatchObject({
      'owner_specified.openstack.md5': hashed('md5'),
      'owner_specified.openstack.sha256': hashed('sha256'),
    });
  });

  it.each([
    ['is refused', { status: 503, body: 'no space left' }],
    ['is cut by a proxy', 'cut'],
  ] as const)('deletes the image when its file %s [BUILDER 185]', async (_how, answer) => {
    const { provider, cloud } = await onFakeOpenStack();
    cloud.trouble({ call: PUT, times: 99, answer });
    expect(await failure(provider.images.upload(upload(), never))).toMatchObject({ name: 'ProviderError' });
    expect([...cloud.images.values()].map(({ name }) => name)).toEqual(['probe']);
  });

  it('deletes an image that arrived damaged [BUILDER 185]', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    const wrong = upload({ md5: '0'.repeat(32) });
    expect(await failure(provider.images.upload(wrong, never))).toMatchObject({
      message: expect.stringContaining('damaged') as unknown,
    });
    expect(cloud.images.size).toBe(1);
  });

  it('deletes the image when it is called off, even while the cloud does not answer', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    cloud.trouble({ call: PUT, answer: 'hang' });
    const controller = new AbortController();
    const uploading = failure(provider.images.upload(upload(), controller.signal));
    while (cloud.count(PUT) === 0) await delay(5);
    controller.abort(new Error('enough'));
    expect(await uploading).toMatchObject({ message: 'enough' });
    while (cloud.images.size > 1) await delay(5);
  });

  it('ends after image-upload-timeout', async () => {
    const { provider, cloud } = await onFakeOpenStack({}, { imageUploadTimeout: 10 });
    cloud.trouble({ call: PUT, answer: 'hang' });
    expect(await failure(provider.images.upload(upload(), never))).toMatchObject({
      message: expect.stringMatching(/took longer than 10 s|time/) as unknown,
    });
    while (cloud.images.size > 1) await delay(5);
  });

  it('signs in again when the token ends in the middle, and sends the file from its beginning', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    cloud.trouble({ call: PUT, answer: { status: 401, body: '{"error": {"message": "expired"}}' } });
    const id = await provider.images.upload(upload(), never);
    expect(cloud.images.get(id)).toMatchObject({ status: 'active', size: CONTENTS.length });
    expect(cloud.count(/^POST .*tokens/)).toBe(2);
    expect(cloud.count(PUT)).toBe(2);
  });

  it('takes a record back whose creation got no answer', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    cloud.trouble({ call: POST, carriedOut: true, answer: 'cut' });
    expect(await failure(provider.images.upload(upload(), never))).toMatchObject({ kind: 'transient' });
    expect(cloud.images.size).toBe(1);
  });

  it('does not send what is there in every respect already [BUILDER 185]', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    const first = await provider.images.upload(upload(), never);
    expect(await provider.images.upload(upload(), never)).toBe(first);
    expect(cloud.count(PUT)).toBe(1);
    const other = upload({ properties: { nodepool_build_id: 'b', nodepool_upload_id: '0000000002' } });
    expect(await provider.images.upload(other, never)).not.toBe(first);
  });

  it('says which file cannot be read', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    const nowhere = upload({ file: join(folder, 'nothing.vhd') });
    expect(await failure(provider.images.upload(nowhere, never))).toMatchObject({
      message: expect.stringContaining('nothing.vhd') as unknown,
    });
    expect(cloud.images.size).toBe(1);
  });

  it('deletes by id, and what is not there is fine [BUILDER 187]', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    const twins = [cloud.image({ name: 'twin' }), cloud.image({ name: 'twin' })];
    await provider.images.remove(twins[0]!.id, never);
    await provider.images.remove(twins[0]!.id, never);
    await provider.images.remove('no-such-image', never);
    expect([...cloud.images.keys()]).toContain(twins[1]!.id);
    expect(cloud.images.has(twins[0]!.id)).toBe(false);
  });

  it('lists images with their properties, deleted ones not', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    cloud.image({ name: 'old', status: 'deleted' });
    cloud.image({ name: 'ours', nodepool_build_id: 'b' });
    const images = await provider.images.list(never);
    expect(images.map(({ name }) => name)).toEqual(['probe', 'ours']);
    expect(images[1]!.properties).toMatchObject({ nodepool_build_id: 'b' });
  });

  describe('by a task', () => {
    const withObjects = (...outcomes: readonly string[]): Parameters<typeof onFakeOpenStack>[2] => {
      return (cloud) => {
        cloud.services = [...cloud.services, 'object-store'];
        cloud.tasks.push(...outcomes);
      };
    };

    it('goes through an object, a task and a patch, and removes the object [BUILDER 186]', async () => {
      const { provider, cloud } = await onFakeOpenStack(TASKS, {}, withObjects());
      const id = await provider.images.upload(upload(), never);
      const writes = cloud.calls.filter((call) => /^(POST|PUT|DELETE|PATCH) \/(image|objects)/.test(call));
      expect(writes).toEqual([
        'PUT /objects/v1/images',
        'PUT /objects/v1/images/tiny-1700000000',
        'POST /image/v2/tasks',
        `PATCH /image/v2/images/${id}`,
        'DELETE /objects/v1/images/tiny-1700000000',
      ]);
      expect(cloud.images.get(id)).toMatchObject({ nodepool_build_id: 'b', min_disk: 10, colour: 'blue' });
    });

    it('repeats the task after error 396 [BUILDER 186]', async () => {
      const notYet = "Image cannot be imported. Error code: '396'";
      const { provider, cloud } = await onFakeOpenStack(TASKS, {}, withObjects(notYet, notYet));
      await provider.images.upload(upload(), never);
      expect(cloud.count(/^POST .*tasks/)).toBe(3);
    });

    it('fails otherwise, and removes the object all the same [BUILDER 186]', async () => {
      const { provider, cloud } = await onFakeOpenStack(TASKS, {}, withObjects('bad image'));
      expect(await failure(provider.images.upload(upload(), never))).toMatchObject({
        message: expect.stringContaining('bad image') as unknown,
      });
      expect([...cloud.objects.keys()]).toEqual(['images']);
    });
  });
});
