import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anInstanceSpec, aPool } from '../../../src/apps/driver-kit/builders.js';
import type { DriverBench } from '../../../src/apps/driver-kit/driver-bench.js';
import { runDriverChecks } from '../../../src/apps/driver-kit/run-checks.js';
import type { InstanceSpec, Provider } from '../../../src/ports/compute/provider.js';
import { ShedProvider } from './shed-provider.js';

async function bench(idOf?: (spec: InstanceSpec) => string): Promise<DriverBench> {
  const folder = await mkdtemp(join(tmpdir(), 'shed-'));
  const open = (): Provider => new ShedProvider('shed-one', { folder, size: 10 }, idOf);
  return {
    provider: open(),
    reopen: open,
    // As a bench for API 1.0 does it: it knows of no key.
    spec: (nodeId) => {
      const { idempotencyKey: _none, ...spec } = anInstanceSpec({ nodeId, pool: aPool({ provider: 'shed-one' }) });
      return spec;
    },
    unknownImage: { kind: 'none' },
    upload: null,
    run: (promise) => promise,
    exhaustQuota: null,
    hangNextCreate: null,
    breakNextBoot: null,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const failed = async (idOf?: (spec: InstanceSpec) => string): Promise<readonly string[]> =>
  (await runDriverChecks(() => bench(idOf)))
    .filter(({ check, outcome }) => outcome.kind === 'failed' && check.name.startsWith('create-other'))
    .map(({ check, outcome }) => `${check.name}: ${outcome.kind === 'failed' ? outcome.problem : ''}`);

describe('the published kit', () => {
  it('fails the guide’s driver for API 1.0 by name: it goes by provider and node number [A1]', async () => {
    expect(await failed()).toEqual(
      ['create-other-installation', 'create-other-life'].map((name): unknown =>
        expect.stringMatching(
          new RegExp(`^${name}: create answered shed-one-0000000001, .*: find instances by spec\\.idempotencyKey`),
        ),
      ),
    );
  });

  it('passes the same driver once it goes by the key', async () => {
    expect(await failed(({ idempotencyKey }) => idempotencyKey)).toEqual([]);
  });
});
