import type { StoredBuild } from '../../domain/model/image.js';
import type { Node } from '../../domain/model/node.js';
import type { NodeRequest } from '../../domain/model/request.js';
import type { DamagedRecord, Stored } from '../../domain/model/stored.js';
import type {
  BuildRow,
  ImageProblemRow,
  ImageStatusRow,
  LabelRow,
  NodeRow,
  ProviderData,
  RequestRow,
  UploadRow,
} from '../../domain/presentation/rows.js';
import { providerDataOf } from '../../domain/presentation/provider-data.js';
import type { Queries } from '../../ports/administration/queries.js';
import type { Records } from '../../ports/records/records.js';
import { nodeRow } from './node-row.js';

/** Answers from the mirrors of the records; whoever composes it opens those that will be asked about. */
export class RecordQueries implements Queries {
  private readonly nodeRows = new WeakMap<Stored<Node>, NodeRow>();
  private readonly requestRows = new WeakMap<Stored<NodeRequest>, RequestRow>();

  constructor(private readonly records: Records) {}

  nodes(id?: string): readonly NodeRow[] {
    const { view } = this.records.nodes;
    const stored = id === undefined ? [...view.all().values()].sort(byId) : [view.get(id)];
    const rows: NodeRow[] = [];
    for (const node of stored) if (node) rows.push(this.nodeRow(node, view.locked(node.id)));
    return rows;
  }

  uploads(): readonly UploadRow[] {
    return this.records.images.view.uploads().map(({ value, ...key }) => ({
      image: key.image,
      build: key.build,
      provider: key.provider,
      upload: key.upload,
      externalName: value.externalName,
      externalId: value.externalId,
      state: value.state,
      stateTime: value.stateTime,
    }));
  }

  builds(): readonly BuildRow[] {
    const { view } = this.records.images;
    return view.builds().map(({ image, build, value }) => ({
      image,
      build,
      builder: value.builder,
      formats: value.formats,
      state: view.paused(image) ? 'paused' : value.state,
      stateTime: value.stateTime,
    }));
  }

  requests(): readonly RequestRow[] {
    return [...this.records.requests.view.all().values()].sort(byId).map((request) => this.requestRow(request));
  }

  labels(): readonly LabelRow[] {
    const labels = this.records.launchers.view.pools().flatMap((pool) => pool.supportedLabels);
    return [...new Set(labels)].sort().map((label) => ({ label }));
  }

  imageStatus(): readonly ImageStatusRow[] {
    const { view } = this.records.images;
    return view.images().map((image) => {
      const requested = view.buildRequested(image);
      return {
        image,
        paused: view.paused(image),
        buildRequest: requested === undefined ? null : isBuilding(view.builds(image)) ? 'building' : 'pending',
        buildRequestTime: requested ?? null,
      };
    });
  }

  imageProblems(): readonly ImageProblemRow[] {
    return this.records.builders.view.problems();
  }

  providerData(provider: string): ProviderData {
    return providerDataOf(provider, this.uploads(), this.nodes());
  }

  damaged(): readonly DamagedRecord[] {
    const { nodes, requests, images } = this.records;
    return [...nodes.view.damaged(), ...requests.view.damaged(), ...images.view.damaged()];
  }

  /** The same object until the record changes: whoever shows it again need not write it again. */
  private nodeRow(stored: Stored<Node>, locked: boolean): NodeRow {
    const known = this.nodeRows.get(stored);
    if (known?.locked === locked) return known;
    const row = nodeRow(stored.id, stored.value, locked);
    this.nodeRows.set(stored, row);
    return row;
  }

  private requestRow(stored: Stored<NodeRequest>): RequestRow {
    const known = this.requestRows.get(stored);
    if (known) return known;
    const { id, value } = stored;
    const row = {
      id,
      relativePriority: value.relativePriority,
      state: value.state,
      requestor: value.requestor,
      nodeTypes: value.nodeTypes,
      nodes: value.nodes,
      declinedBy: value.declinedBy,
      eventId: value.eventId,
    };
    this.requestRows.set(stored, row);
    return row;
  }
}

/**
 * The original compares the age of the builders' lock with that of the newest build. A record in state building says the same
 * and is in the mirror (spec BUILDER 3.4).
 */
function isBuilding(builds: readonly StoredBuild[]): boolean {
  return builds.some(({ value }) => value.state === 'building');
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
