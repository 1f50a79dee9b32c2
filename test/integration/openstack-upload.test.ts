import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeOpenStack } from '../support/fake-openstack.js';
import { ROOT } from '../support/daemon-build.js';
import { aCloudAccess } from '../support/openstack-access.js';
import { anOpenStackProvider } from '../support/openstack-bench.js';

const GIGABYTE = 2 ** 30;
/** Twenty take half a minute on an idle machine: `UPLOAD_GB=20`. */
const GIGABYTES = Number(process.env['UPLOAD_GB'] ?? 2);
const SIZE = GIGABYTES * GIGABYTE;
const never = new AbortController().signal;

describe('uploading to Glance', () => {
  it(`an image of ${GIGABYTES} GB takes no more memory than a small one [BUILDER 185]`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nodepool-large-'));
    const sink = spawn('/usr/bin/python3', [join(ROOT, 'test/fixtures/openstack/image_sink.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const cloud = await FakeOpenStack.start();
    try {
      const [line] = (await once(sink.stdout, 'data')) as [Buffer];
      const access = aCloudAccess(cloud);
      const image = { ...access.services.image, endpointOverride: `http://127.0.0.1:${line.toString().trim()}/v2` };
      const { provider } = anOpenStackProvider({ ...access, services: { ...access.services, image } });
      await provider.start(never);
      const file = join(folder, 'large.raw');
      writeFileSync(file, '');
      truncateSync(file, SIZE);
      const spec = { name: 'large', file, format: 'raw', md5: '0', sha256: '0', properties: {} };
      global.gc?.();
      const before = process.memoryUsage().rss;
      let peak = before;
      const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 50);
      const began = performance.now();
      await provider.images.upload(spec, never).finally(() => clearInterval(watching));
      const seconds = (performance.now() - began) / 1000;
      const [grown, rate] = [(peak - before) / 2 ** 20, SIZE / GIGABYTE / seconds];
      console.log(
        `${GIGABYTES} GB in ${seconds.toFixed(1)} s (${rate.toFixed(1)} GB/s), memory grew by ${grown.toFixed(0)} MB`,
      );
      expect(grown).toBeLessThan(150);
      await provider.stop();
    } finally {
      sink.kill();
      await cloud.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
