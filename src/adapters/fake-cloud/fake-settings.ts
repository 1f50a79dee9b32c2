import { ProviderError } from '../../ports/compute/errors.js';
import { PROVIDER_ERROR_KINDS } from './fake-setting-values.js';
import { FAKE_FAULT_TARGETS } from './fake-call.js';
import { FAKE_FAULT_EFFECTS } from './fake-faults.js';
import type { FakeFault } from './fake-faults.js';
import type { FakeFlavor } from './fake-flavor.js';
import type { FakeKnobs } from './fake-knobs.js';
import { SettingsReader } from './fake-setting-values.js';
import type { FakeProblem } from './fake-setting-values.js';
import { formatKeyPath } from '../../domain/config/config-problem.js';

/** What the key `fake` of a provider's section in nodepool.yaml says. */
export interface FakeSettings {
  readonly knobs: Partial<FakeKnobs>;
  readonly faults: readonly FakeFault[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Reads the key `fake` of a provider. Absent: no knobs, no faults.
 * @throws ProviderError kind `configuration` naming every mistake
 */
export function readFakeSettings(provider: string, section: unknown): FakeSettings {
  if (section === undefined || section === null) return { knobs: {}, faults: [] };
  const { settings, problems } = understand(section);
  if (problems.length === 0) return settings;
  const texts = problems.map(
    ({ path, message }) => `provider ${provider}: ${formatKeyPath(['fake', ...path])}: ${message}`,
  );
  throw new ProviderError('configuration', texts.join('; '));
}

/** Everything that is wrong with what stands at the key `fake`. */
export function fakeSettingsProblems(section: unknown): readonly FakeProblem[] {
  return understand(section).problems;
}

function understand(section: unknown): { readonly settings: FakeSettings; readonly problems: readonly FakeProblem[] } {
  const problems: FakeProblem[] = [];
  const reader = new SettingsReader([], section, problems);
  const settings = { knobs: readKnobs(reader), faults: reader.each('failures', readFault) ?? [] };
  reader.refuseOthers();
  return { settings, problems };
}

function readKnobs(reader: SettingsReader): Partial<FakeKnobs> {
  const all: { readonly [K in keyof FakeKnobs]: FakeKnobs[K] | undefined } = {
    bootTime: reader.duration('boot-time'),
    deleteTime: reader.duration('delete-time'),
    apiLatency: reader.duration('api-latency'),
    uploadTime: reader.duration('upload-time'),
    quota: reader.amounts('quota'),
    zones: reader.texts('zones'),
    fullZones: reader.texts('full-zones'),
    capacity: reader.amounts('capacity'),
    rateLimit: reader.number('rate-limit'),
    flavors: reader.each('flavors', readFlavor),
    missingImages: reader.texts('missing-images'),
    unknownImages: reader.oneOf('unknown-images', ['accept', 'refuse'] as const),
    listLag: reader.number('list-lag'),
    listAfterglow: reader.number('list-afterglow'),
    listOmission: reader.probability('list-omission'),
    leakProbability: reader.probability('leak-probability'),
    scanHostKeys: reader.boolean('scan-host-keys'),
    consoleText: reader.text('console'),
  };
  return present(all);
}

function readFlavor(reader: SettingsReader): FakeFlavor {
  const { required } = reader;
  return {
    name: required('name', reader.text('name')) ?? '',
    ram: required('ram', reader.number('ram')) ?? 0,
    cores: required('cores', reader.number('cores')) ?? 0,
  };
}

function readFault(reader: SettingsReader): FakeFault {
  const target = reader.required('call', reader.oneOf('call', FAKE_FAULT_TARGETS)) ?? 'create';
  const rest = present({
    effect: reader.oneOf('effect', FAKE_FAULT_EFFECTS),
    times: reader.number('times'),
    probability: reader.probability('probability'),
    kind: reader.oneOf('kind', PROVIDER_ERROR_KINDS),
    message: reader.text('message'),
    metric: reader.text('metric'),
    retryAfter: reader.number('retry-after'),
  });
  return { target, ...rest };
}

function present<T extends object>(values: { readonly [K in keyof T]: T[K] | undefined }): Partial<T> {
  const kept: Partial<Mutable<T>> = {};
  for (const key of Object.keys(values) as (keyof T)[]) {
    const value = values[key];
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}
