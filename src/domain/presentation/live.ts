/**
 * What the live page shows: everything added up, so that it stays small however many nodes there are. Times are seconds since the
 * epoch. Each section is sent by itself when it changes.
 */
import type { Count } from '../explain/explanation.js';

export interface LiveSections {
  readonly configuration: LiveConfiguration;
  readonly daemons: LiveDaemons;
  readonly pools: readonly LivePool[];
  readonly nodes: LiveNodes;
  readonly history: LiveHistory;
  readonly labels: readonly LiveLabel[];
  readonly requests: LiveRequests;
  readonly images: readonly LiveImage[];
  readonly leases: LiveLeases;
}

/** Is the configuration in force what the file says now? */
export interface LiveConfiguration {
  /** Mistakes for which it is not; 0: it is. */
  readonly mistakes: number;
  /** Where the first of them are: file, line and key, never a value. */
  readonly places: readonly string[];
}

export interface LiveDaemons {
  /** False: ZooKeeper is away, and what is shown is the last known state. */
  readonly current: boolean;
  readonly launchers: readonly LiveDaemon[];
  readonly builders: readonly LiveDaemon[];
  /** Records that cannot be understood. */
  readonly damaged: number;
}

export interface LiveDaemon {
  readonly hostname: string;
  readonly version: string | null;
  readonly state: string | null;
  /** `provider/pool` of a launcher. */
  readonly pools: readonly string[];
}

export interface LivePool {
  readonly provider: string;
  readonly pool: string;
  /** Registered launchers that serve it. */
  readonly launchers: number;
  /** One of them holds a request until there is room. */
  readonly paused: boolean;
  /** Why nothing is launched there, if the configuration says so. */
  readonly disabled: boolean;
  readonly use: readonly LiveUse[];
  readonly nodes: readonly Count[];
}

export interface LiveUse {
  readonly resource: string;
  readonly used: number;
  /** Null: no limit that we know of. */
  readonly limit: number | null;
}

export interface LiveNodes {
  readonly total: number;
  /** `free` and `reserved` in place of `ready`. */
  readonly states: readonly Count[];
  /** Those that changed last; a hundred at most. */
  readonly latest: readonly LiveNode[];
}

export interface LiveNode {
  readonly id: string;
  readonly provider: string | null;
  readonly pool: string | null;
  readonly labels: readonly string[];
  /** `free` or `reserved` in place of `ready`. */
  readonly state: string;
  readonly since: number;
  /** Who uses it, in words; null: nobody. */
  readonly user: string | null;
}

export interface LiveHistory {
  readonly states: readonly string[];
  /** The moment and the number of nodes in each of `states`, oldest first. */
  readonly rows: readonly (readonly number[])[];
}

export interface LiveLabel {
  readonly label: string;
  readonly minReady: number | null;
  /** Ready and allocated to nobody. */
  readonly free: number;
  readonly nodes: number;
  readonly waiting: number;
}

export interface LiveRequests {
  readonly total: number;
  readonly states: readonly Count[];
  /** Codes of the reasons why requests wait, each in a few words, and of how many it is true. */
  readonly because: readonly { readonly code: string; readonly title: string; readonly count: number }[];
  /** The first of those that wait, in the order of service. */
  readonly waiting: readonly LiveRequest[];
}

export interface LiveRequest {
  readonly id: string;
  readonly state: string;
  readonly since: number;
  readonly labels: readonly string[];
  readonly requestor: string | null;
  readonly declinedBy: number;
  readonly opinions: readonly LiveOpinion[];
}

export interface LiveOpinion {
  readonly decider: string;
  readonly verdict: string;
  readonly since: number;
  readonly reasons: readonly LiveReason[];
}

export interface LiveReason {
  readonly code: string;
  /** A sentence without the code. */
  readonly text: string;
  readonly unblock: string;
}

export interface LiveLeases {
  /** Leases that have not ended. */
  readonly total: number;
  readonly states: readonly Count[];
  /** The newest first; a hundred at most. Nothing that lets anybody in. */
  readonly open: readonly LiveLease[];
}

export interface LiveLease {
  readonly id: string;
  readonly holder: string;
  readonly purpose: string | null;
  readonly state: string;
  /** When its holder asked for it. */
  readonly since: number;
  /** When it ends unless its holder does something; null: it stays in the queue as long as it takes. */
  readonly until: number | null;
  readonly labels: readonly string[];
  /** Ids; empty until it is active. */
  readonly nodes: readonly string[];
}

export interface LiveImage {
  readonly image: string;
  readonly paused: boolean;
  readonly buildOrdered: number | null;
  /** The newest first; two at most. */
  readonly builds: readonly {
    readonly build: string;
    readonly state: string;
    readonly since: number;
    readonly builder: string | null;
    readonly formats: readonly string[];
  }[];
  readonly providers: readonly LiveUpload[];
  readonly problems: readonly {
    readonly provider: string | null;
    readonly builder: string;
    readonly problem: string;
    readonly failures: number;
    readonly nextTry: number | null;
  }[];
}

export interface LiveUpload {
  readonly provider: string;
  /** Of the newest upload; `missing` if there is none and there should be. */
  readonly state: string;
  readonly since: number | null;
  readonly build: string | null;
  /** Of the upload that nodes are made from; null if there is none. */
  readonly inUse: string | null;
}
