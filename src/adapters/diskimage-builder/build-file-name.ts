/** Names in the images directory: `<image>-<build id>.<rest>` (spec BUILDER 2.7). */
export interface BuildFileName {
  readonly image: string;
  readonly buildId: string;
  /** `qcow2`, `qcow2.md5`, `d`, … */
  readonly rest: string;
}

const NAME = /^(.+)-([0-9a-f]{32}|[0-9]{10})\.(.+)$/;

export function parseBuildFileName(name: string): BuildFileName | undefined {
  const [, image, buildId, rest] = NAME.exec(name) ?? [];
  return image === undefined || buildId === undefined || rest === undefined ? undefined : { image, buildId, rest };
}

const LOG_NAME = /^(.+)-([0-9a-f]{32}|[0-9]{10})\.log$/;

/** The image a build log belongs to: logs of `a-b` are not those of `a`. */
export function imageOfLog(name: string): string | undefined {
  return LOG_NAME.exec(name)?.[1];
}
