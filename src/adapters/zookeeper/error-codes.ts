import {
  ConnectionLostError,
  NoRecordError,
  NotEmptyError,
  RecordExistsError,
  SessionLostError,
  StoreFailureError,
  VersionConflictError,
} from '../../ports/coordination/errors.js';
import type { CoordinationError } from '../../ports/coordination/errors.js';

/** Codes of ZooKeeper's C client that decide something. */
export const OK = 0;
export const NO_NODE = -101;
export const NODE_EXISTS = -110;

/** The server does not know such a request; it hangs up, too. */
export const UNIMPLEMENTED = -6;
/** Of an operation of a transaction behind one that was refused. */
export const RUNTIME_INCONSISTENCY = -2;

const CONNECTION_LOSS = -4;
const OPERATION_TIMEOUT = -7;
const INVALID_STATE = -9;
const BAD_VERSION = -103;
const NO_CHILDREN_FOR_EPHEMERALS = -108;
const NOT_EMPTY = -111;
const SESSION_EXPIRED = -112;
const CLOSING = -116;
const SESSION_MOVED = -118;

/** The connection broke under the call. */
export function isConnectionLoss(code: number): boolean {
  return code === CONNECTION_LOSS || code === OPERATION_TIMEOUT || code === SESSION_MOVED;
}

/** The session is over, or the handle of the C client of no use any more. */
export function isSessionEnd(code: number): boolean {
  return code === SESSION_EXPIRED || code === INVALID_STATE || code === CLOSING;
}

/** @param path The path as the caller knows it, without the chroot. */
export function toError(code: number, path: string): CoordinationError {
  if (isConnectionLoss(code)) return new ConnectionLostError('The connection to ZooKeeper was lost', path);
  if (isSessionEnd(code)) return new SessionLostError('The ZooKeeper session is over', path);
  switch (code) {
    case NO_NODE:
      return new NoRecordError(`${path} or the record above it does not exist`, path);
    case BAD_VERSION:
      return new VersionConflictError(`${path} was written since it was read`, path);
    case NODE_EXISTS:
      return new RecordExistsError(`${path} exists already`, path);
    case NOT_EMPTY:
      return new NotEmptyError(`${path} has children`, path);
    case NO_CHILDREN_FOR_EPHEMERALS:
      return new StoreFailureError(`The record above ${path} is ephemeral and cannot have children`, path);
    default:
      return new StoreFailureError(`ZooKeeper answered with error ${code} for ${path}`, path);
  }
}
