/** Hands each entry of `providers` to its driver's schema (spec BUILDER 1.5). */
import type { ProviderConfig } from '../../domain/config/config.js';
import type { DriverSchema, ProblemSink, ProviderSection } from '../../domain/config/driver-schema.js';
import type { DriverSchemaFinding } from '../../domain/config/driver-schema.js';
import { disabledProvider } from './drivers/disabled-provider.js';
import { below } from './problem-list.js';
import { isRecord, pathName, pathNameProblem, text, typeName } from './value-kinds.js';

export interface ProviderContext {
  readonly drivers: ReadonlyMap<string, DriverSchema>;
  readonly labels: ReadonlySet<string>;
  readonly diskImages: ReadonlySet<string>;
  readonly clouds: ProviderSection['clouds'];
  /** What was found for a driver that is not built in; undefined if nobody looked. */
  readonly found: (driver: string, module: string | null) => DriverSchemaFinding | undefined;
}

const DEFAULT_DRIVER = 'openstack';

export function buildProviders(
  section: unknown,
  context: ProviderContext,
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
      const provider = readProvider(name, entry, context, here);
      // A provider whose records could have no path is left out; the others work.
      if (provider && pathNameProblem(name) === null) providers.set(name, provider);
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
  const faults = pathName.check(name);
  for (const { message, severity, hint = '' } of faults) problems.report(['name'], message, { severity, hint });
  return faults.some((fault) => fault.severity === 'error') ? undefined : text.convert(name);
}

function reportDuplicate(name: string, seen: Set<string>, problems: ProblemSink): void {
  if (seen.has(name)) {
    problems.report(['name'], `provider ${name} already defined`, {
      hint: 'rename or remove one of them; the last one counts',
      severity: 'strict',
    });
  }
  seen.add(name);
}

function readProvider(
  name: string,
  value: Readonly<Record<string, unknown>>,
  context: ProviderContext,
  problems: ProblemSink,
): ProviderConfig | undefined {
  const driver = driverOf(name, value);
  const section = { name, driver, value, ...pick(context) };
  const module = moduleOf(value);
  const found = context.drivers.has(driver) ? undefined : context.found(driver, module);
  const schema = found?.kind === 'found' ? found.schema : context.drivers.get(driver);
  if (!schema) return withoutDriver(section, module, found, context, problems);
  try {
    return schema.parse(section, problems);
  } catch (error) {
    // A plug-in's fault must not take the others' problems with it; its message may hold values.
    problems.report([], `the driver ${driver} failed to read this section`, {
      hint: `report it to the driver's author (${error instanceof Error ? error.name : 'unknown error'})`,
    });
    return undefined;
  }
}

function pick({ labels, diskImages, clouds }: ProviderContext): Omit<ProviderSection, 'name' | 'driver' | 'value'> {
  return { labels, diskImages, clouds };
}

/**
 * One provider's driver is missing or broken: that provider is off, the others work. `config-validate` calls it an error. The original
 * refuses the whole file (spec BUILDER 1.10): then a mistake in one section keeps machines from everybody.
 */
function withoutDriver(
  section: ProviderSection,
  module: string | null,
  found: DriverSchemaFinding | undefined,
  context: ProviderContext,
  problems: ProblemSink,
): ProviderConfig {
  const { driver } = section;
  if (found?.kind === 'not-searched') {
    // Whether it keeps images will be seen when it is asked for some.
    return { ...disabledProvider(section, `the driver ${driver} has not been loaded`), managesImages: true };
  }
  if (found?.kind === 'unusable') {
    const key = module === null ? 'driver' : 'module';
    problems.report([key], found.problem, { hint: found.hint, severity: 'strict' });
    return disabledProvider(section, found.problem);
  }
  // The original's wording, which has the driver's name in front.
  const message = `${driver}: unknown driver`;
  const install = found?.kind === 'unknown' ? `; or install ${found.searched}` : '';
  const hint = `known drivers: ${[...context.drivers.keys()].sort().join(', ')}${install}`;
  problems.report(['driver'], message, { hint, severity: 'strict' });
  return disabledProvider(section, message);
}

/** The value of `module`, for drivers that are not built in. */
export function moduleOf(value: Readonly<Record<string, unknown>>): string | null {
  const module = value['module'];
  return typeof module === 'string' && module !== '' ? module : null;
}

/** A name that starts with `fake` makes the provider a fake one, whatever `driver` says. */
export function driverOf(name: string, value: Readonly<Record<string, unknown>>): string {
  if (name.startsWith('fake')) return 'fake';
  const driver = value['driver'];
  if (driver === undefined || driver === null) return DEFAULT_DRIVER;
  return typeof driver === 'string' ? driver : `(${typeName(driver)})`;
}
