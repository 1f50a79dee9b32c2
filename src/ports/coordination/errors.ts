/** What can go wrong in the coordination store. `code` is stable; control flow goes by class. */
export abstract class CoordinationError extends Error {
  abstract readonly code: string;
  constructor(
    message: string,
    readonly path: string | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The record, or the parent of one to be created, does not exist. */
export class NoRecordError extends CoordinationError {
  readonly code = 'NP_NO_RECORD';
}

/** A record of that path exists already. */
export class RecordExistsError extends CoordinationError {
  readonly code = 'NP_RECORD_EXISTS';
}

/** Somebody wrote the record since the version given was read. */
export class VersionConflictError extends CoordinationError {
  readonly code = 'NP_VERSION_CONFLICT';
}

/** The record has children and cannot be removed. */
export class NotEmptyError extends CoordinationError {
  readonly code = 'NP_NOT_EMPTY';
}

/** The connection broke before the answer came: the call may or may not have taken effect. */
export class ConnectionLostError extends CoordinationError {
  readonly code = 'NP_CONNECTION_LOST';
}

/** The session under which the call was made is over: it did not take effect, or its ephemeral effects are gone. */
export class SessionLostError extends CoordinationError {
  readonly code = 'NP_SESSION_LOST';
}

/** The store was closed by its owner. */
export class StoreClosedError extends CoordinationError {
  readonly code = 'NP_STORE_CLOSED';
}

/** The store answered something that no other class covers. */
export class StoreFailureError extends CoordinationError {
  readonly code = 'NP_STORE_FAILURE';
}
