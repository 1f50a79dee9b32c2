/** Disk images: a *build* is one run of the recipe, an *upload* one copy of a build in one provider (spec BUILDER 2.3). */
export const BUILD_STATES = ['building', 'ready', 'deleting', 'failed'] as const;
export type BuildState = (typeof BUILD_STATES)[number];

export const UPLOAD_STATES = ['uploading', 'ready', 'deleting', 'failed'] as const;
export type UploadState = (typeof UPLOAD_STATES)[number];

export interface ImageBuild {
  readonly state: BuildState;
  readonly stateTime: number;
  /** Host name of the builder, for display only. */
  readonly builder: string | null;
  /** The builder's own id (`builder_id.txt`): ownership. */
  readonly builderId: string | null;
  /** Sorted file extensions; empty until the build is ready. */
  readonly formats: readonly string[];
  readonly username: string;
  readonly pythonPath: string;
  readonly shellType: string | null;
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface ImageUpload {
  readonly state: UploadState;
  readonly stateTime: number;
  readonly externalId: string | null;
  readonly externalName: string | null;
  readonly format: string | null;
  readonly username: string;
  readonly pythonPath: string;
  readonly shellType: string | null;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Where a build lives. Build ids are opaque: 10 digits in 3.x, 32 hex digits since 9.0. */
export interface BuildKey {
  readonly image: string;
  readonly build: string;
}

export interface UploadKey extends BuildKey {
  readonly provider: string;
  /** Ten digits. */
  readonly upload: string;
}

export interface StoredBuild extends BuildKey {
  readonly value: ImageBuild;
}

export interface StoredUpload extends UploadKey {
  readonly value: ImageUpload;
}
