/**
 * What operators may order: the driving port, writing half.
 *
 * An order that makes no sense in the present state of affairs is *refused*: nothing has changed, and the operator is told why.
 * Scripts rely on a refusal not being an error (spec BUILDER 3.1). Failures throw an `AdministrationError`, or an error of the
 * store. Every order may be repeated. Cancelling by `signal` rejects with its reason; what was done by then stays done.
 */
import type { NodeRow } from '../../domain/presentation/rows.js';
import type { UploadKey } from '../../domain/model/image.js';

export interface Commands {
  readonly nodes: NodeCommands;
  readonly requests: RequestCommands;
  readonly images: ImageCommands;
  readonly data: DataCommands;
}

export interface NodeCommands {
  /**
   * Marks a node for deletion, whatever its state; any launcher deletes it then. Waits up to five seconds for its lock.
   *
   * `now`: also deletes the machine and the record before resolving, which takes up to ten minutes, and needs the node's provider
   * in our configuration. If the cloud refuses, that is logged and the node stays marked.
   * @throws NodeBusyError, NodeDamagedError
   */
  delete(id: string, options?: { readonly now?: boolean }, signal?: AbortSignal): Promise<NodeOutcome>;

  /**
   * Takes a node out of service until somebody deletes it. Waits up to five seconds for its lock. `reason`: who wants it and why, for
   * others to see; it takes the place of the node's comment.
   * @throws as `delete`
   */
  hold(id: string, options?: { readonly reason?: string }, signal?: AbortSignal): Promise<NodeOutcome>;
}

export interface RequestCommands {
  /**
   * Removes the record of a node request, for clients that are gone for good and left it behind. The launchers free its nodes
   * then. Not in the original.
   */
  delete(id: string): Promise<Outcome>;
}

export interface ImageCommands {
  /**
   * Asks the builders for a new build. Not hindered by a pause made with `pause`: the order waits.
   * @throws ImageNotBuildableError, ImagePausedError (paused in the configuration)
   */
  build(image: string): Promise<void>;

  /** Marks one upload for deletion, unless it is still being uploaded. Repeating it is fine. */
  deleteUpload(upload: UploadKey): Promise<Outcome>;

  /**
   * Marks a build with all its uploads for deletion, unless it is still being built. `id`: `<image>-<build>`, cut at the last dash.
   * @throws BuildNameError
   */
  deleteBuild(id: string): Promise<Outcome>;

  /**
   * Stops builds of an image until `unpause`; what is built is still uploaded.
   * @throws ImageNameError, ImageUnknownError (neither configured nor in the store): nothing is made then
   */
  pause(image: string): Promise<void>;
  unpause(image: string): Promise<void>;
}

/** Orders about the records themselves. They take no locks: they are for providers or daemons that are gone. */
export interface DataCommands {
  /** Removes all records of uploads to a provider. Nothing is deleted in the cloud. */
  eraseUploads(provider: string): Promise<void>;

  /** Removes all node records of a provider, locked or not. Nothing is deleted in the cloud. */
  eraseNodes(provider: string): Promise<void>;

  /** The records of all images, as they are stored. */
  exportImages(): Promise<ImageData>;

  /**
   * Writes exported records back, over existing ones. All daemons must be stopped. Uploads made afterwards get higher numbers
   * than any of the imported ones.
   * @throws ImageDataError before anything is written
   */
  importImages(data: ImageData): Promise<void>;
}

/** Path of the record to its text; a pause order has the empty text (spec BUILDER 3.4). */
export type ImageData = Readonly<Record<string, string>>;

export type Outcome = { readonly kind: 'done' } | Refusal;

/** `node`: the node as it is afterwards, or null if it is gone. */
export type NodeOutcome = { readonly kind: 'done'; readonly node: NodeRow | null } | Refusal;

export interface Refusal {
  readonly kind: 'refused';
  readonly code:
    | 'NODE_NOT_FOUND'
    | 'REQUEST_NOT_FOUND'
    | 'PROVIDER_NOT_CONFIGURED'
    | 'UPLOAD_NOT_FOUND'
    | 'UPLOAD_IN_PROGRESS'
    | 'BUILD_NOT_FOUND'
    | 'BUILD_IN_PROGRESS';
  /** For people; the wording is an interface too, scripts look for it. */
  readonly message: string;
}
