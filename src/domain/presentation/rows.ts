/**
 * What operators see of the records, one plain value per line of a list. Times are seconds since the epoch. A value that a
 * record does not have is null.
 */
import type { BuildState, UploadState } from '../model/image.js';
import type { NodeState } from '../model/node.js';
import type { RequestState } from '../model/request.js';

export interface NodeRow {
  readonly id: string;
  readonly provider: string | null;
  readonly labels: readonly string[];
  readonly serverId: string | null;
  readonly publicIpv4: string | null;
  readonly publicIpv6: string | null;
  readonly state: NodeState;
  readonly stateTime: number;
  /** Somebody holds the node's lock or waits for it. */
  readonly locked: boolean;
  readonly pool: string | null;
  readonly hostname: string | null;
  readonly privateIpv4: string | null;
  readonly az: string | null;
  readonly username: string | null;
  /** Some drivers keep credentials in this field: whatever is no port number is withheld (spec BUILDER 3.3). */
  readonly connectionPort: number | 'redacted';
  readonly launcher: string | null;
  readonly allocatedTo: string | null;
  readonly holdJob: string | null;
  readonly comment: string | null;
  readonly userData: unknown;
  readonly driverData: unknown;
}

export interface UploadRow {
  readonly image: string;
  readonly build: string;
  readonly provider: string;
  readonly upload: string;
  readonly externalName: string | null;
  readonly externalId: string | null;
  readonly state: UploadState;
  readonly stateTime: number;
}

export interface BuildRow {
  readonly image: string;
  readonly build: string;
  readonly builder: string | null;
  readonly formats: readonly string[];
  /** `paused` instead of the build's own state while the image is paused on the command line. */
  readonly state: BuildState | 'paused';
  readonly stateTime: number;
}

export interface RequestRow {
  readonly id: string;
  readonly relativePriority: number;
  readonly state: RequestState;
  readonly requestor: string | null;
  readonly nodeTypes: readonly string[];
  readonly nodes: readonly string[];
  readonly declinedBy: readonly string[];
  readonly eventId: string | null;
}

export interface LabelRow {
  readonly label: string;
}

export interface ImageStatusRow {
  readonly image: string;
  readonly paused: boolean;
  /** A build asked for on the command line: waiting, under way, or none. */
  readonly buildRequest: 'pending' | 'building' | null;
  /** When it was asked for. */
  readonly buildRequestTime: number | null;
}

/** What a builder cannot build or upload at the moment although it is due. */
export interface ImageProblemRow {
  readonly image: string;
  /** Null: the build itself. */
  readonly provider: string | null;
  readonly builder: string;
  /** In a row; 0 if it was not even tried. */
  readonly failures: number;
  readonly problem: string;
  /** Null: when the problem is gone. */
  readonly nextTry: number | null;
}

export interface AlienImageRow {
  readonly provider: string;
  readonly name: string;
  readonly externalId: string;
}

/** All that the store knows about one provider, configured or not. */
export interface ProviderData {
  readonly provider: string;
  readonly images: readonly ProviderImageRow[];
  readonly nodes: readonly ProviderNodeRow[];
}

export interface ProviderImageRow {
  readonly image: string;
  readonly build: string;
  readonly uploads: readonly string[];
}

export interface ProviderNodeRow {
  readonly id: string;
  readonly serverId: string | null;
}
