/**
 * Numbers of ZooKeeper's wire protocol (Apache ZooKeeper 3.8: `ZooDefs.OpCode`, `ClientCnxn`, `Watcher.Event`, `AddWatchMode`).
 */
export const OPERATION = {
  create: 1,
  remove: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  sync: 9,
  ping: 11,
  getChildren: 8,
  multi: 14,
  removeWatches: 18,
  setWatches: 101,
  sasl: 102,
  setWatches2: 105,
  addWatch: 106,
  closeSession: -11,
} as const;

/** Numbers of requests that are not counted. */
export const REQUEST = { event: -1, ping: -2, setWatches: -8 } as const;

/** What happened to a watched record. */
export const EVENT = { created: 1, deleted: 2, changed: 3, child: 4 } as const;

export const CREATE_FLAG = { ephemeral: 1, sequential: 2 } as const;

/** Of `addWatch`: the record and all below it, until it is removed. */
export const PERSISTENT_RECURSIVE = 1;

/** Of `removeWatches`: whatever kinds there are. */
export const ANY_WATCH = 3;

/** Matches every version. */
export const ANY_VERSION = -1;

/**
 * Bytes of one request that servers take by default (`jute.maxbuffer`). They close the connection of whoever sends more, and with it
 * all that is under way.
 */
export const LARGEST_REQUEST = 0xfffff;
