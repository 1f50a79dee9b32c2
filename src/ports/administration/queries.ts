/**
 * What the command line and the web interface may ask: the driving port, reading half.
 *
 * Everything is answered at once from the mirrors of the records, without a round trip to the store and without taking a
 * lock: a question never disturbs the system (spec BUILDER 4.5). The answers may lag behind the store by a moment, and show
 * the last known state while the connection is away. A mirror that was not opened answers with nothing. A row of a node or request
 * whose record has not changed may be the same object as before; rows are never changed.
 *
 * Excluded: how rows look (`domain/presentation`), and everything that has to ask a cloud (`AlienImages`).
 */
import type {
  AlienImageRow,
  BuildRow,
  ImageProblemRow,
  ImageStatusRow,
  LabelRow,
  NodeRow,
  ProviderData,
  RequestRow,
  UploadRow,
} from '../../domain/presentation/rows.js';
import type { DamagedRecord } from '../../domain/model/stored.js';

export interface Queries {
  /** All nodes ordered by id, or the one with this id (an empty list if there is none). */
  nodes(id?: string): readonly NodeRow[];
  /** All uploads, ordered by image, build, provider and upload. */
  uploads(): readonly UploadRow[];
  /** All builds, ordered by image and build. */
  builds(): readonly BuildRow[];
  /** All requests, ordered by id, which is the order of priority. */
  requests(): readonly RequestRow[];
  /** The labels that any live launcher offers, each once, sorted. */
  labels(): readonly LabelRow[];
  /** One row per image of the store, configured or not, sorted. */
  imageStatus(): readonly ImageStatusRow[];
  /** What builders cannot build or upload at the moment, why, and when they try again; by image, provider and builder. */
  imageProblems(): readonly ImageProblemRow[];
  /** What the store knows about a provider; the provider need not be configured. */
  providerData(provider: string): ProviderData;
  /** Records that cannot be understood and are therefore missing in the lists. */
  damaged(): readonly DamagedRecord[];
}

/** Finds images in the clouds that no record accounts for. */
export interface AlienImages {
  /**
   * Images that some Nodepool uploaded and that none of our records knows, in the order of the configuration; of one provider
   * only if named (none if that is not configured). A provider that cannot be asked is logged and counts as having none;
   * providers without images are skipped. Never rejects but with the signal's reason.
   */
  find(provider?: string, signal?: AbortSignal): Promise<readonly AlienImageRow[]>;
}
