/**
 * What is known about one request, node, label, image, pool or provider, or about all that waits, and what the daemons think of it.
 * Times are seconds since the epoch; what a record does not have is null.
 */
import type { BuildState, UploadState } from '../model/image.js';
import type { ReportedProblem } from '../model/image-problem.js';
import type { NodeState } from '../model/node.js';
import type { Resources } from '../model/quota.js';
import type { RequestState } from '../model/request.js';
import type { ExplainedReason } from './explained-reason.js';
import type { Insight } from './insight.js';

export const SUBJECT_KINDS = ['request', 'node', 'label', 'image', 'pool', 'provider'] as const;
/** `fleet`: all that waits; it has no id. */
export type SubjectKind = (typeof SUBJECT_KINDS)[number] | 'fleet';

export interface ExplanationSubject {
  readonly kind: SubjectKind;
  /** Of a pool `provider/pool`. */
  readonly id: string;
}

export interface Explanation {
  readonly subject: ExplanationSubject;
  /** What the records say; null when there is none any more. */
  readonly state: SubjectState | null;
  /** The last word of each pool, builder or cleanup of the process that was asked, the newest last. */
  readonly opinions: readonly Opinion[];
  /** What it knows besides; absent where there is nothing. */
  readonly insight?: Insight;
}

export interface Opinion {
  readonly decider: string;
  readonly verdict: string;
  readonly since: number;
  readonly reasons: readonly ExplainedReason[];
}

export type SubjectState = RequestFacts | NodeFacts | LabelFacts | ImageFacts | HoldingFacts | FleetFacts;

/** All requests that wait: nobody has served or declined them yet. */
export interface FleetFacts {
  readonly kind: 'fleet';
  readonly waiting: number;
  /** When the oldest of them was made. */
  readonly oldest: number | null;
  /** What they ask for; one that asks for several labels counts for each. */
  readonly labels: readonly { readonly label: string; readonly count: number }[];
}

/** What a pool holds, or each pool of a provider, and who could be served by it. */
export interface HoldingFacts {
  readonly kind: 'pool' | 'provider';
  readonly holdings: readonly PoolHolding[];
}

export interface PoolHolding {
  readonly provider: string;
  readonly pool: string;
  /** By our configuration. */
  readonly configured: boolean;
  readonly limits: Resources;
  readonly launchers: readonly { readonly id: string; readonly priority: number; readonly paused: boolean }[];
  readonly nodes: readonly Count[];
  /** Requests that wait, all of whose labels it offers and that it has not declined. */
  readonly couldServe: number;
}

export interface RequestFacts {
  readonly kind: 'request';
  readonly state: RequestState;
  readonly stateTime: number;
  readonly locked: boolean;
  readonly nodeTypes: readonly string[];
  readonly requestor: string | null;
  /** The provider it asks for. */
  readonly provider: string | null;
  readonly declinedBy: readonly string[];
  /** Nodes allocated to it. */
  readonly nodes: readonly NodeBrief[];
  readonly pools: readonly PoolFacts[];
}

export interface NodeBrief {
  readonly id: string;
  readonly state: NodeState;
  readonly locked: boolean;
}

export interface NodeFacts {
  readonly kind: 'node';
  readonly state: NodeState;
  readonly stateTime: number;
  readonly locked: boolean;
  readonly labels: readonly string[];
  readonly provider: string | null;
  readonly pool: string | null;
  readonly launcher: string | null;
  /** Is that launcher registered? */
  readonly launcherAlive: boolean;
  readonly allocatedTo: string | null;
  /** The state of that request; null if it does not exist. */
  readonly requestState: RequestState | null;
  /** Only of a node that is held. */
  readonly hold: HoldFacts | null;
  readonly comment: string | null;
}

/** Who holds a node, and till when, in seconds since the epoch; null: until somebody deletes it. */
export interface HoldFacts {
  /** The job that the client named; null: an operator, or a client that says nothing. */
  readonly job: string | null;
  readonly until: number | null;
}

export interface LabelFacts {
  readonly kind: 'label';
  /** Null when the label is not in our configuration. */
  readonly minReady: number | null;
  /** Number of nodes with this label by state. */
  readonly nodes: readonly Count[];
  /** Free and ready. */
  readonly free: number;
  /** Min-ready requests for it. */
  readonly underway: readonly string[];
  readonly pools: readonly PoolFacts[];
}

/** A registered pool, seen from what a request or label needs. */
export interface PoolFacts {
  /** The launcher id, as in `declined_by`. */
  readonly id: string;
  readonly provider: string;
  /** Unknown for old launchers. */
  readonly pool: string | null;
  readonly priority: number;
  readonly paused: boolean;
  readonly declined: boolean;
  readonly missingLabels: readonly string[];
  /** Images of the labels, as far as our configuration knows them. */
  readonly images: readonly { readonly label: string; readonly image: string; readonly ready: boolean }[];
  /** Number of the pool's nodes by state; empty when the pool's name is unknown. */
  readonly nodes: readonly Count[];
}

export interface Count {
  readonly state: string;
  readonly count: number;
}

export interface ImageFacts {
  readonly kind: 'image';
  readonly configured: boolean;
  readonly paused: boolean;
  /** When a build was ordered. */
  readonly buildRequested: number | null;
  readonly builds: readonly {
    readonly build: string;
    readonly state: BuildState;
    readonly stateTime: number;
    readonly builder: string | null;
    readonly formats: readonly string[];
  }[];
  /** What builders say they cannot do at the moment, and when they try again. */
  readonly problems: readonly ImageProblemFacts[];
  readonly uploads: readonly {
    readonly provider: string;
    readonly build: string;
    readonly upload: string;
    readonly state: UploadState;
    readonly stateTime: number;
    /** How holders of leases fared with nodes made from it, as far as their records are still there; one entry per label. */
    readonly fared: readonly UploadVerdicts[];
  }[];
}

export type ImageProblemFacts = Omit<ReportedProblem, 'image'>;

export interface UploadVerdicts {
  readonly label: string;
  readonly ok: number;
  readonly failed: number;
  readonly broken: number;
}
