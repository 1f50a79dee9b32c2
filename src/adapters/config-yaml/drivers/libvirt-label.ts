/** Labels in the libvirt schema (docs/spec/libvirt.md). */
import type { PoolLabelConfig } from '../../../domain/config/config.js';
import type { ProblemSink } from '../../../domain/config/driver-schema.js';
import type { LibvirtLabelSettings } from '../../../domain/config/libvirt.js';
import type { LibvirtLabelSchema, LibvirtPoolSchema } from '../schemas/libvirt.schema.js';
import type { ImageContext } from './image-parts.js';
import { labelImage } from './image-parts.js';
import { checkLabel, labelDefaults } from './provider-parts.js';

export interface LibvirtLabelContext extends ImageContext {
  readonly problemsOf: (entry: object) => ProblemSink;
}

/** A machine of less memory does not boot any kernel of today. */
const LEAST_MEMORY = 64;

export function libvirtLabel(
  label: LibvirtLabelSchema,
  name: string,
  pool: LibvirtPoolSchema,
  context: LibvirtLabelContext,
): PoolLabelConfig | undefined {
  const problems = context.problemsOf(label);
  checkLabel(name, context.section, problems, 'name');
  checkLeast('cpus', label.cpus, 1, problems);
  checkLeast('memory', label.memory, LEAST_MEMORY, problems);
  checkLeast('disk', label.disk, 1, problems);
  const image = labelImage(label, name, context, problems);
  const settings: LibvirtLabelSettings = {
    cpus: label.cpus ?? 1,
    memory: label.memory ?? 1024,
    disk: label.disk ?? null,
    userdata: label.userdata ?? null,
  };
  const patience = label.bootTimeout === undefined ? {} : { bootTimeout: label.bootTimeout };
  return image && { name, image, ...labelDefaults(label, pool), ...patience, settings };
}

function checkLeast(key: string, value: number | undefined, least: number, problems: ProblemSink): void {
  if (value !== undefined && value < least) problems.report([key], `expected ${least} or more`);
}
