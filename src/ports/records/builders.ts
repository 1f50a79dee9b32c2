import type { ReportedProblem } from '../../domain/model/image-problem.js';
import type { RegisteredDaemon } from '../../domain/model/launcher.js';

/** The registered builders, `/nodepool/components/builder`, mirrored (spec BUILDER 2.2). */
export interface BuilderRegistry {
  readonly view: BuilderView;
}

export interface BuilderView {
  readonly complete: boolean;
  ready(signal?: AbortSignal): Promise<void>;
  /**
   * What living builders say they cannot do, ordered by image, provider and builder. Only our own builders say so, and at most the
   * first hundred problems each.
   */
  problems(): readonly ReportedProblem[];
  /** The builders themselves, ordered by host name; one that has just lost its session may be there twice. */
  daemons(): readonly RegisteredDaemon[];
  onChange(listener: () => void): () => void;
}
