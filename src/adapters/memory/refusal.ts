import {
  NoRecordError,
  NotEmptyError,
  RecordExistsError,
  StoreFailureError,
  VersionConflictError,
} from '../../ports/coordination/errors.js';
import type { CoordinationError } from '../../ports/coordination/errors.js';

type Reason = 'no record' | 'exists' | 'wrong version' | 'not empty' | 'ephemeral parent' | 'root';

/** The tree's "no". It knows whole paths only, so each session words it with the path its caller used. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(private readonly reason: Reason) {
    super(reason);
  }

  toError(path: string): CoordinationError {
    switch (this.reason) {
      case 'no record':
        return new NoRecordError(`${path} or the record above it does not exist`, path);
      case 'exists':
        return new RecordExistsError(`${path} exists already`, path);
      case 'wrong version':
        return new VersionConflictError(`${path} was written since it was read`, path);
      case 'not empty':
        return new NotEmptyError(`${path} has children`, path);
      case 'ephemeral parent':
        return new StoreFailureError(`The record above ${path} is ephemeral and cannot have children`, path);
      case 'root':
        return new StoreFailureError('The root cannot be removed', path);
    }
  }
}

/** A transaction's "no": of which of its operations, counted from 0. */
export class RefusedOperation extends Error {
  override readonly name = 'RefusedOperation';

  constructor(
    readonly refusal: Refusal,
    readonly index: number,
  ) {
    super(refusal.message);
  }
}

/** Words the refusal of a transaction with the path that its caller used. */
export function refusedAs<T>(operations: readonly { readonly path: string }[], carryOut: () => T): T {
  try {
    return carryOut();
  } catch (error) {
    if (!(error instanceof RefusedOperation)) throw error;
    throw error.refusal.toError(operations[error.index]?.path ?? '/');
  }
}
