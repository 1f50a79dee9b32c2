/** Names of the builder's metrics (spec BUILDER 5.1). Image, provider and host names go in as they are. */

export function imageSize(image: string, format: string): string {
  return `nodepool.dib_image_build.${image}.${format}.size`;
}

export function buildReturnCode(image: string, format: string): string {
  return `nodepool.dib_image_build.${image}.${format}.rc`;
}

export function buildDuration(image: string, format: string): string {
  return `nodepool.dib_image_build.${image}.${format}.duration`;
}

export function buildStatusReturnCode(image: string): string {
  return `nodepool.dib_image_build.${image}.status.rc`;
}

export function buildStatusDuration(image: string): string {
  return `nodepool.dib_image_build.${image}.status.duration`;
}

/** Seconds since the epoch, as a gauge. */
export function lastBuild(image: string): string {
  return `nodepool.dib_image_build.${image}.status.last_build`;
}

/** A timer and a counter, of successful uploads. */
export function imageUpdate(image: string, provider: string): string {
  return `nodepool.image_update.${image}.${provider}`;
}

export const BUILD_REQUESTS = 'nodepool.image_build_requests';

export function imageBuildRequests(image: string): string {
  return `nodepool.image.${image}.image_build_requests`;
}

/** Values of the state gauges. */
export const WORK_STATE = { idle: 0, building: 1, uploading: 2, paused: 3 } as const;

export function buildState(hostname: string, image: string): string {
  return `nodepool.builder.${hostname}.image.${image}.build.state`;
}

export function uploadState(hostname: string, image: string, provider: string): string {
  return `nodepool.builder.${hostname}.image.${image}.provider.${provider}.upload.state`;
}

/** Mistakes for which a changed configuration is not in force; 0 while all is well. */
export function builderConfigMistakes(hostname: string): string {
  return `nodepool.builder.${hostname}.config_mistakes`;
}

export type BuilderLoad = 'current_builds' | 'current_uploads' | 'build_workers' | 'upload_workers';

export function builderLoad(hostname: string, what: BuilderLoad): string {
  return `nodepool.builder.${hostname}.${what}`;
}
