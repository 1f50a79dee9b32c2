/** Disk images and cloud images in the sections of providers, and which of them a label is made from (spec BUILDER 1.6). */
import type { CloudImageConfig, LabelImage, ProviderImageConfig } from '../../../domain/config/config.js';
import type { ProblemSink, ProviderSection } from '../../../domain/config/driver-schema.js';
import type { CloudImageSchema, ProviderImageSchema } from '../schemas/openstack.schema.js';
import { connection } from './provider-parts.js';

export interface ImageContext {
  readonly section: ProviderSection;
  readonly diskImages: ReadonlyMap<string, unknown>;
  readonly cloudImages: ReadonlyMap<string, unknown>;
}

interface ImageOfLabel {
  readonly diskImage?: string;
  readonly cloudImage?: string;
}

export function diskImage(
  image: ProviderImageSchema,
  name: string,
  section: ProviderSection,
  problems: ProblemSink,
): ProviderImageConfig {
  if (!section.diskImages.has(name)) {
    problems.report(
      ['name'],
      `diskimage ${name} in provider ${section.name} is not defined in the main diskimages list`,
      { hint: 'add it there; abstract images cannot be uploaded', severity: 'builder' },
    );
  }
  return {
    name,
    ...connection(image),
    pause: image.pause ?? false,
    configDrive: image.configDrive ?? null,
    meta: image.meta ?? {},
  };
}

export function cloudImage(image: CloudImageSchema, name: string, problems: ProblemSink): CloudImageConfig {
  if (image.imageId !== undefined && image.imageName !== undefined) {
    problems.report(
      ['image-name'],
      "two or more values in the same group of exclusion 'cloud-image-name-or-id': image-id, image-name",
      { hint: 'keep one of them; image-id counts', severity: 'strict', at: 'key' },
    );
  }
  return {
    name,
    ...connection(image),
    imageId: image.imageId ?? null,
    imageName: image.imageName ?? null,
    configDrive: image.configDrive ?? null,
    username: image.username ?? null,
    pythonPath: image.pythonPath ?? 'auto',
    shellType: image.shellType ?? null,
  };
}

export function labelImage(
  label: ImageOfLabel,
  name: string,
  context: ImageContext,
  problems: ProblemSink,
): LabelImage | undefined {
  if (label.diskImage !== undefined && label.cloudImage !== undefined) {
    problems.report(['cloud-image'], "two or more values in the same group of exclusion 'label-image'", {
      hint: 'keep one of diskimage and cloud-image; diskimage counts',
      severity: 'strict',
      at: 'key',
    });
  }
  if (label.diskImage !== undefined) {
    checkDiskImage(label.diskImage, name, context, problems);
    return { kind: 'diskimage', name: label.diskImage };
  }
  if (label.cloudImage !== undefined) {
    checkCloudImage(label.cloudImage, name, context, problems);
    return { kind: 'cloud-image', name: label.cloudImage };
  }
  problems.report(['diskimage'], 'required key not provided', {
    hint: 'give exactly one of diskimage and cloud-image',
  });
  return undefined;
}

function checkDiskImage(image: string, label: string, context: ImageContext, problems: ProblemSink): void {
  const provider = context.section.name;
  if (!context.section.diskImages.has(image)) {
    problems.report(
      ['diskimage'],
      `label ${label} in provider ${provider} uses diskimage ${image} which is not defined in the main diskimages list`,
      { hint: 'add it there; abstract images cannot be used' },
    );
  } else if (!context.diskImages.has(image)) {
    problems.report(
      ['diskimage'],
      `label ${label} in provider ${provider} uses diskimage ${image} which is not in the provider's diskimages list`,
      { hint: 'add it there, else the image is never uploaded and requests are declined', severity: 'warning' },
    );
  }
}

function checkCloudImage(image: string, label: string, context: ImageContext, problems: ProblemSink): void {
  if (context.cloudImages.has(image)) return;
  problems.report(
    ['cloud-image'],
    `cloud-image ${image} does not exist in provider ${context.section.name} but is referenced in label ${label}`,
    { hint: "add it to the provider's cloud-images" },
  );
}
