import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildCodec, uploadCodec } from '../../../src/adapters/records/image-codec.js';
import { decodeOldLauncher, decodePoolComponent } from '../../../src/adapters/records/launcher-codec.js';
import { encodeOldLauncher, encodePoolComponent } from '../../../src/adapters/records/launcher-codec.js';
import { nodeCodec } from '../../../src/adapters/records/node-codec.js';
import { nameOf } from '../../../src/ports/toolkit/paths.js';
import type { RecordCodec } from '../../../src/adapters/records/record-codec.js';
import { requestCodec } from '../../../src/adapters/records/request-codec.js';
import { aStat, bytes, text } from './records-fixture.js';

interface Golden {
  readonly path: string;
  readonly raw: string;
}

const fixtures = new URL('../../fixtures/znodes/', import.meta.url);
const samples = new URL('../../../../shared/samples/', import.meta.url);

function fixture(era: string): readonly Golden[] {
  return JSON.parse(readFileSync(new URL(`${era}.json`, fixtures), 'utf8')) as Golden[];
}

/** The whole collection, where it is at hand. */
function collection(era: string): readonly Golden[] {
  const folder = new URL(`${era}/znodes/`, samples);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => {
    const { znodes } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { znodes: Partial<Golden>[] };
    return znodes.flatMap(({ path, raw }) => (path !== undefined && raw !== undefined ? [{ path, raw }] : []));
  });
}

/** What we write after reading that, or undefined for records of other kinds. */
function rewritten({ path, raw }: Golden): string | undefined {
  if (path.startsWith('/nodepool/nodes/')) return recoded(nodeCodec, raw);
  if (path.startsWith('/nodepool/requests/')) return recoded(requestCodec, raw);
  if (path.includes('/providers/')) return recoded(uploadCodec, raw);
  if (path.includes('/builds/')) return recoded(buildCodec, raw);
  return rewrittenRegistration(path, raw);
}

function recoded<T>(codec: RecordCodec<T>, raw: string): string {
  const decoded = codec.decode(bytes(raw), aStat());
  if (!('value' in decoded)) throw new Error(decoded.detail);
  return text(codec.encode(decoded.value));
}

function rewrittenRegistration(path: string, raw: string): string | undefined {
  const pool = path.startsWith('/nodepool/launchers/')
    ? decodeOldLauncher(nameOf(path), bytes(raw))
    : decodePoolComponent(bytes(raw));
  if (!pool) return undefined;
  const { hostname = '', version = '' } = JSON.parse(raw) as { hostname?: string; version?: string };
  const announcement = { ...pool, hostname, version, poolName: pool.poolName ?? '', state: 'running' as const };
  return text(
    path.startsWith('/nodepool/launchers/') ? encodeOldLauncher(announcement) : encodePoolComponent(announcement),
  );
}

describe.each(['python-2024', 'python-3.6'])('records written by %s', (era) => {
  const goldens = [...fixture(era), ...collection(era)];

  test('are understood, and every key and value survives a rewrite', () => {
    let checked = 0;
    for (const golden of goldens) {
      const ours = rewritten(golden);
      if (ours === undefined) continue;
      checked += 1;
      expect(JSON.parse(ours), golden.path).toMatchObject(JSON.parse(golden.raw) as object);
    }
    expect(checked).toBeGreaterThan(15);
  });
});

test('what 2024 wrote is written again byte for byte', () => {
  const ours = [...fixture('python-2024'), ...collection('python-2024')].filter(
    // The simulated client of the collection writes its requests in an order of its own.
    ({ path, raw }) => !path.startsWith('/nodepool/requests/') || raw.includes('min-ready'),
  );
  for (const golden of ours) expect(rewritten(golden) ?? golden.raw).toBe(golden.raw);
});
