import type {
  BuildRow,
  ImageProblemRow,
  ImageStatusRow,
  LabelRow,
  NodeRow,
  ProviderData,
  RequestRow,
  UploadRow,
} from '../../../src/domain/presentation/rows.js';
import type { Queries } from '../../../src/ports/administration/queries.js';

export interface FixedRows {
  nodes: NodeRow[];
  uploads: UploadRow[];
  builds: BuildRow[];
  requests: RequestRow[];
  labels: LabelRow[];
  imageStatus: ImageStatusRow[];
  imageProblems?: ImageProblemRow[];
}

/** Answers what it was given; counts how often it was asked. */
export class FixedQueries implements Queries {
  asked = 0;
  failure: Error | undefined;

  constructor(readonly rows: FixedRows) {}

  nodes(id?: string): readonly NodeRow[] {
    return this.ask(this.rows.nodes).filter((node) => id === undefined || node.id === id);
  }
  uploads(): readonly UploadRow[] {
    return this.ask(this.rows.uploads);
  }
  builds(): readonly BuildRow[] {
    return this.ask(this.rows.builds);
  }
  requests(): readonly RequestRow[] {
    return this.ask(this.rows.requests);
  }
  labels(): readonly LabelRow[] {
    return this.ask(this.rows.labels);
  }
  imageStatus(): readonly ImageStatusRow[] {
    return this.ask(this.rows.imageStatus);
  }
  imageProblems(): readonly ImageProblemRow[] {
    return this.ask(this.rows.imageProblems ?? []);
  }
  providerData(provider: string): ProviderData {
    return { provider, images: [], nodes: [] };
  }
  damaged(): readonly [] {
    return [];
  }

  private ask<T>(rows: T): T {
    this.asked += 1;
    if (this.failure) throw this.failure;
    return rows;
  }
}
