/** Hands each entry of `providers` to its driver's schema (spec BUILDER 1.5). */
import type { ProviderConfig } from '../../domain/config/config.js';
import type { DriverSchema, ProblemSink, ProviderSection } from '../../domain/config/driver-schema.js';
import { below } from './problem-list.js';
import { isRecord, text, typeName } from './value-kinds.js';

export interface ProviderSurroundings {
  readonly drivers: ReadonlyMap<string, DriverSchema>;
  readonly labels: ReadonlySet<string>;
  readonly diskImages: ReadonlySet<string>;
  readonly clouds: ProviderSection['clouds'];
}

const DEFAULT_DRIVER = 'openstack';

export function buildProviders(
  section: unknown,
  around: ProviderSurroundings,
  problems: ProblemSink,
): ReadonlyMap<string, ProviderConfig> {
  const providers = new Map<string, ProviderConfig>();
  if (section === undefined) return providers;
  if (!Array.isArray(section)) {
    problems.report([], `expected a list, found ${typeName(section)}`);
    return providers;
  }
  const seen = new Set<string>();
  for (const [index, entry] of section.entries()) {
    const here = below(problems, index);
    const name = isRecord(entry) ? providerName(entry, here) : undefined;
    if (!isRecord(entry)) here.report([], `expected a dictionary (a map of keys), found ${typeName(entry)}`);
    else if (name !== undefined) {
      reportDuplicate(name, seen, here);
      const provider = readProvider(name, entry, around, here);
      if (provider) providers.set(name, provider);
    }
  }
  return providers;
}

function providerName(entry: Readonly<Record<string, unknown>>, problems: ProblemSink): string | undefined {
  const name = entry['name'];
  if (name === undefined || name === null) {
    problems.report(['name'], 'required key not provided');
    return undefined;
  }
  const faults = text.check(name);
  for (const fault of faults) problems.report(['name'], fault.message, { severity: fault.severity });
  return faults.some((fault) => fault.severity === 'error') ? undefined : text.convert(name);
}

function reportDuplicate(name: string, seen: Set<string>, problems: ProblemSink): void {
  if (seen.has(name)) {
    problems.report(['name'], `provider ${name} already defined`, {
      mend: 'rename or remove one of them; the last one counts',
      severity: 'strict',
    });
  }
  seen.add(name);
}

function readProvider(
  name: string,
  value: Readonly<Record<string, unknown>>,
  around: ProviderSurroundings,
  problems: ProblemSink,
): ProviderConfig | undefined {
  const driver = driverOf(name, value);
  const schema = around.drivers.get(driver);
  if (!schema) {
    // The original's wording, which has the driver's name in front.
    problems.report(['driver'], `${driver}: unknown driver`, {
      mend: `known drivers: ${[...around.drivers.keys()].sort().join(', ')}`,
    });
    return undefined;
  }
  const { labels, diskImages, clouds } = around;
  try {
    return schema.parse({ name, driver, value, labels, diskImages, clouds }, problems);
  } catch (error) {
    // A plug-in's fault must not take the others' problems with it; its message may hold values.
    problems.report([], `the driver ${driver} failed to read this section`, {
      mend: `report it to the driver's author (${error instanceof Error ? error.name : 'unknown error'})`,
    });
    return undefined;
  }
}

/** A name that starts with `fake` makes the provider a fake one, whatever `driver` says. */
function driverOf(name: string, value: Readonly<Record<string, unknown>>): string {
  if (name.startsWith('fake')) return 'fake';
  const driver = value['driver'];
  if (driver === undefined || driver === null) return DEFAULT_DRIVER;
  return typeof driver === 'string' ? driver : `(${typeName(driver)})`;
}
