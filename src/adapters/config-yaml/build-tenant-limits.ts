/** Limits of tenants over all providers (spec BUILDER 1.2, LAUNCHER 2.10). */
import type { ProblemSink } from '../../domain/config/driver-schema.js';
import type { Resources } from '../../domain/model/quota.js';
import { below } from './problem-list.js';
import { integer, isRecord, text, typeName } from './value-kinds.js';

const RESOURCE_OF = new Map([
  ['max-cores', 'cores'],
  ['max-servers', 'instances'],
  ['max-ram', 'ram'],
  ['max-volumes', 'volumes'],
  ['max-volume-gb', 'volume-gb'],
]);

/** Any key with an integer is a resource, named by its driver. */
export function buildTenantLimits(section: unknown, problems: ProblemSink): ReadonlyMap<string, Resources> {
  const limits = new Map<string, Resources>();
  if (section === undefined) return limits;
  if (!Array.isArray(section)) {
    problems.report([], `expected a list, found ${typeName(section)}`);
    return limits;
  }
  for (const [index, entry] of section.entries()) {
    const here = below(problems, index);
    if (isRecord(entry)) readTenant(entry, here, limits);
    else here.report([], `expected a dictionary (a map of keys), found ${typeName(entry)}`);
  }
  return limits;
}

function readTenant(
  entry: Readonly<Record<string, unknown>>,
  problems: ProblemSink,
  limits: Map<string, Resources>,
): void {
  const { 'tenant-name': name, ...amounts } = entry;
  if (name === undefined || name === null) {
    problems.report(['tenant-name'], 'required key not provided');
    return;
  }
  for (const fault of text.check(name)) problems.report(['tenant-name'], fault.message, { severity: fault.severity });
  const resources = new Map<string, number>();
  for (const [key, amount] of Object.entries(amounts)) {
    const faults = integer.check(amount);
    for (const fault of faults) problems.report([key], fault.message);
    if (faults.length === 0) resources.set(RESOURCE_OF.get(key) ?? key, integer.convert(amount));
  }
  const tenant = text.convert(name);
  if (limits.has(tenant)) {
    problems.report(['tenant-name'], `tenant ${tenant} already defined`, {
      hint: 'remove one of them; the last one counts',
      severity: 'strict',
    });
  }
  limits.set(tenant, Object.fromEntries(resources));
}
