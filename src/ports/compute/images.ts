/** The image store of a provider. Deletion is by id; names are not unique. */
export interface ImageUploadSpec {
  readonly name: string;
  /** Absolute path of the local file; it is streamed. */
  readonly file: string;
  readonly format: string;
  readonly md5: string | null;
  readonly sha256: string | null;
  /** Properties of the image in the cloud, the nodepool keys included. */
  readonly properties: Readonly<Record<string, string>>;
}

export interface CloudImage {
  readonly externalId: string;
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface ImageProvider {
  /** Resolves with the cloud's id when the image can be booted from. A failure leaves nothing behind as far as the cloud lets us. */
  upload(spec: ImageUploadSpec, signal: AbortSignal): Promise<string>;
  /** Resolves when the cloud has accepted the deletion. Deleting what does not exist succeeds. */
  remove(externalId: string, signal: AbortSignal): Promise<void>;
  list(signal: AbortSignal): Promise<readonly CloudImage[]>;
}
