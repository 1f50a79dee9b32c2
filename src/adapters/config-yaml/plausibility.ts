/** What cannot be wrong by itself, but hardly works: told by `config-validate` only, as it may run far from where the daemons do. */
import type { NodepoolConfig } from '../../domain/config/config.js';
import type { ProblemSink } from '../../domain/config/driver-schema.js';
import type { ConfigFiles } from './config-files.js';
import type { ParsedFile } from './parsed-file.js';
import { isRecord } from './value-kinds.js';

export async function checkPlausibility(
  config: NodepoolConfig,
  { value, problems }: ParsedFile,
  { files }: { readonly files: ConfigFiles },
): Promise<void> {
  checkPorts(config, problems);
  checkMinReady(config, entries(value['labels']), problems);
  checkTenants(entries(value['tenant-resource-limits']), problems);
  checkKeptFormats(config, entries(value['diskimages']), problems);
  for (const [index, image] of entries(value['diskimages']).entries()) {
    await checkProgram(image['dib-cmd'], ['diskimages', index, 'dib-cmd'], problems, files);
  }
  for (const [index, provider] of entries(value['providers']).entries()) {
    await checkProgram(provider['post-upload-hook'], ['providers', index, 'post-upload-hook'], problems, files);
    checkMemory(provider, index, problems);
  }
}

function checkPorts({ webapp }: NodepoolConfig, problems: ProblemSink): void {
  if (webapp.builderPort === undefined || webapp.builderPort === 0 || webapp.builderPort !== webapp.port) return;
  problems.report(['webapp', 'builder_port'], 'the launcher uses the same port', {
    hint: 'on one machine only one of them can listen there',
    severity: 'note',
  });
}

/** Machines that are to wait ready, and that nobody can make, or not so many of them. */
function checkMinReady(config: NodepoolConfig, labels: readonly Section[], problems: ProblemSink): void {
  const room = roomByLabel(config);
  for (const [index, { name }] of labels.entries()) {
    const label = typeof name === 'string' ? config.labels.get(name) : undefined;
    if (!label || label.minReady <= 0) continue;
    const most = room.get(label.name);
    const report = (message: string, hint: string): void =>
      problems.report(['labels', index, 'min-ready'], message, { hint, severity: 'note' });
    if (most === undefined)
      report(`no pool has the label ${label.name}`, 'add it to a pool, or nothing will ever be ready');
    else if (most === 0)
      report(
        `every pool with the label ${label.name} has max-servers 0 or less`,
        'raise it, or nothing will ever be ready',
      );
    else if (most < label.minReady)
      report(`max-servers of the pools with the label ${label.name} allow ${most} only`, 'so many will never be ready');
  }
}

/** How many machines of each label all pools together may have at most; none for labels that no pool has. */
function roomByLabel({ providers }: NodepoolConfig): ReadonlyMap<string, number> {
  const room = new Map<string, number>();
  for (const pool of [...providers.values()].flatMap(({ pools }) => [...pools.values()]))
    for (const label of pool.labels.keys()) room.set(label, (room.get(label) ?? 0) + Math.max(0, pool.maxServers));
  return room;
}

/** Negative amounts are nowhere what -1 is elsewhere: no limit. */
function checkTenants(limits: readonly Section[], problems: ProblemSink): void {
  for (const [index, tenant] of limits.entries()) {
    for (const [key, amount] of Object.entries(tenant)) {
      if (typeof amount !== 'number' || amount >= 0) continue;
      problems.report(['tenant-resource-limits', index, key], 'a tenant with less than nothing gets no machine', {
        hint: 'give 0 or more, or leave the key out for no limit',
        severity: 'note',
      });
    }
  }
}

function checkKeptFormats(config: NodepoolConfig, images: readonly Section[], problems: ProblemSink): void {
  for (const [index, { name, 'keep-formats': kept }] of images.entries()) {
    const image = typeof name === 'string' ? config.diskImages.get(name) : undefined;
    if (!image || !Array.isArray(kept)) continue;
    for (const [place, format] of (kept as unknown[]).entries()) {
      if (typeof format !== 'string' || image.formats.includes(format)) continue;
      problems.report(['diskimages', index, 'keep-formats', place], 'this format is not built', {
        hint: `formats of the image: ${image.formats.join(', ')}`,
        severity: 'note',
      });
    }
  }
}

/** Programs are looked for where they are named by a complete path. */
async function checkProgram(
  command: unknown,
  path: readonly (string | number)[],
  problems: ProblemSink,
  files: ConfigFiles,
): Promise<void> {
  const [program = ''] = typeof command === 'string' ? command.trim().split(/\s+/) : [];
  if (!program.startsWith('/') || (await files.stamp(program)) !== null) return;
  problems.report(path, 'there is no such program on this machine', {
    hint: 'it has to be where the builder runs',
    severity: 'note',
  });
}

function checkMemory(provider: Section, index: number, problems: ProblemSink): void {
  for (const [poolIndex, pool] of entries(provider['pools']).entries()) {
    for (const [labelIndex, label] of entries(pool['labels']).entries()) {
      const memory = label['min-ram'];
      if (typeof memory !== 'number' || memory > 0 || 'flavor-name' in label) continue;
      const path = ['providers', index, 'pools', poolIndex, 'labels', labelIndex, 'min-ram'];
      problems.report(path, 'every flavor has as much: the smallest one is taken', {
        hint: 'give the MiB that a machine needs, or a flavor-name',
        severity: 'note',
      });
    }
  }
}

type Section = Readonly<Record<string, unknown>>;

/** Places count: what is no map is an empty one. */
function entries(list: unknown): readonly Section[] {
  return Array.isArray(list) ? list.map((entry: unknown) => (isRecord(entry) ? entry : {})) : [];
}
