/** Why an order could not be carried out. `code` is stable; the message is for people. */
export abstract class AdministrationError extends Error {
  abstract readonly code: string;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The image is not configured, or is abstract. */
export class ImageNotBuildableError extends AdministrationError {
  readonly code = 'NP_IMAGE_NOT_BUILDABLE';
  constructor(readonly image: string) {
    super(`Trying to build a non disk-image-builder image: ${image}`);
  }
}

/** The configuration pauses the image. */
export class ImagePausedError extends AdministrationError {
  readonly code = 'NP_IMAGE_PAUSED';
  constructor(readonly image: string) {
    super(`Skipping build request for image ${image}; paused`);
  }
}

/** Neither the configuration nor the store has an image of this name. */
export class ImageUnknownError extends AdministrationError {
  readonly code = 'NP_IMAGE_UNKNOWN';
  constructor(
    readonly image: string,
    /** The name that was probably meant. */
    readonly like: string | undefined,
  ) {
    super(`There is no image ${image}${like === undefined ? '' : `; did you mean ${like}?`}`);
  }
}

/** What was given cannot be the name of an image: it is empty or has a slash in it. */
export class ImageNameError extends AdministrationError {
  readonly code = 'NP_IMAGE_NAME';
  constructor(readonly given: string) {
    super(`${given} cannot be the name of an image`);
  }
}

/** Somebody held the node's lock all the time that we waited for it. */
export class NodeBusyError extends AdministrationError {
  readonly code = 'NP_NODE_BUSY';
  constructor(
    readonly node: string,
    /** Seconds. */
    readonly waited: number,
    /** The lease that the node belongs to, if any. */
    readonly lease: string | null = null,
  ) {
    const hint = lease === null ? '' : `; it belongs to a lease, which "nodepool lease-release ${lease}" ends`;
    super(`Node ${node} is locked by somebody else; gave up after ${waited} seconds${hint}`);
  }
}

/** The node's record cannot be understood; the launchers' cleanup removes it. */
export class NodeDamagedError extends AdministrationError {
  readonly code = 'NP_NODE_DAMAGED';
  constructor(readonly node: string) {
    super(`The record of node ${node} is damaged`);
  }
}

/** A build was not given as `<image>-<build>`. */
export class BuildNameError extends AdministrationError {
  readonly code = 'NP_BUILD_NAME';
  constructor(readonly given: string) {
    super(`${given} does not name a build; expected <image>-<build id>`);
  }
}

/** Data to be imported is not what `export-image-data` writes. */
export class ImageDataError extends AdministrationError {
  readonly code = 'NP_IMAGE_DATA';
}
