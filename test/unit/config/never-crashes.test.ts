import fc from 'fast-check';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { loadConfig, validateConfig } from '../../../src/adapters/config-yaml/load-config.js';
import { ConfigError, formatProblem } from '../../../src/domain/config/config-problem.js';
import { cloudProvider, configuration } from './configs.js';
import { optionsFor } from './config-harness.js';

/** Whatever the text, the answer is a configuration or a ConfigError; validation finds at least what loading finds. */
async function survives(text: string, secure?: string): Promise<void> {
  const options = optionsFor(text, secure === undefined ? {} : { secure });
  const validation = await validateConfig(options);
  try {
    const { config } = await loadConfig(options);
    expect(config.labels).toBeInstanceOf(Map);
    for (const provider of config.providers.values()) expect(provider.pools).toBeInstanceOf(Map);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    if (secure === undefined) {
      const strict = new Set([...validation.errors, ...validation.warnings].map(formatProblem));
      for (const problem of error.problems) expect(strict).toContain(formatProblem(problem));
    }
  }
}

const KEYS =
  `name labels diskimages providers pools driver cloud webapp port listen_address zookeeper-servers zookeeper-tls host
  chroot cert key ca zookeeper-timeout max-hold-age elements env-vars formats parent abstract release metadata keep-formats rate
  cloud-images diskimage cloud-image min-ram flavor-name networks max-servers max-resources node-attributes nodes host-key
  ssh-port connection-type meta hostname-format image-name-format fake region-name tenant-resource-limits tenant-name
  constructor __proto__ then toString hasOwnProperty prototype valueOf`.split(/\s+/);

const scalar = fc.oneof(
  fc.constantFrom('fake', 'static', 'openstack', 'one', 'a', '', '{', '{a}', '<<', 'winrm', null, true, 0, -1, 1.5),
  fc.string(),
  fc.integer(),
  fc.double(),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc
      .uniqueArray(fc.tuple(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie('tree')), {
        maxLength: 5,
        selector: ([key]) => key,
      })
      .map((pairs) => new Map(pairs)),
  ),
}));
const root = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...KEYS), tree), { maxLength: 8, selector: ([key]) => key })
  .map((pairs) => new Map(pairs));

describe('any input', () => {
  it('any YAML tree loads or is refused', async () => {
    await fc.assert(
      fc.asyncProperty(root, (value) => survives(stringify(value))),
      { numRuns: 150 },
    );
  });

  it('any text loads or is refused', async () => {
    const pieces = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '-',
      '{',
      '}',
      '[',
      ']',
      '*a',
      '&a ',
      '<<',
      '"',
      "'",
      '|',
      '>',
      '!',
      '%',
      '@',
      '#',
      ',',
      '\t',
      '? ',
      'labels',
      'name',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (text) => survives(text),
      ),
      { numRuns: 300 },
    );
  });

  it('any tree in the place of a part of a good configuration loads or is refused', async () => {
    const parts = fc.constantFrom<(value: unknown) => string>(
      (value) => configuration({ labels: value }),
      (value) => configuration({ labels: [value] }),
      (value) => configuration({ diskimages: [{ name: 'debian' }, value] }),
      (value) => configuration({ 'zookeeper-servers': [value] }),
      (value) => configuration({ 'tenant-resource-limits': [value] }),
      (value) => configuration({ providers: [value] }),
      (value) => configuration({ providers: [cloudProvider({ pools: value })] }),
      (value) => configuration({ providers: [cloudProvider({ pools: [{ name: 'main', labels: [value] }] })] }),
      (value) => configuration({ providers: [cloudProvider({ 'cloud-images': [value], diskimages: [value] })] }),
      (value) =>
        configuration({ providers: [{ name: 's', driver: 'static', pools: [{ name: 'm', nodes: [value] }] }] }),
      (value) => configuration({ providers: [cloudProvider({ name: 'fake', fake: value, rate: value })] }),
    );
    await fc.assert(
      fc.asyncProperty(parts, tree, (place, value) => survives(place(value))),
      { numRuns: 200 },
    );
  });

  it('any secure file is merged or refused', async () => {
    await fc.assert(
      fc.asyncProperty(root, (value) => survives(configuration(), stringify(value))),
      { numRuns: 80 },
    );
  });

  it('any clouds.yaml is used or refused', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (value) => {
        const clouds = stringify({ clouds: value, 'public-clouds': value });
        await validateConfig(optionsFor(configuration(), { clouds }));
      }),
      { numRuns: 50 },
    );
  });

  it('nesting without end is refused', async () => {
    await survives('['.repeat(20_000));
    await survives(`${'a: {'.repeat(5000)}${'}'.repeat(5000)}`);
  });
});
