import { buildKeyText } from '../../domain/decide/image-retention.js';
import type { BuildKey } from '../../domain/model/image.js';

type UploadSubject = BuildKey & { readonly provider: string };

/** What this process is building and uploading right now. */
export class WorkInProgress {
  private readonly builds = new Map<string, BuildKey>();
  private readonly uploads = new Map<string, UploadSubject>();
  private readonly listeners = new Set<() => void>();

  get building(): readonly BuildKey[] {
    return [...this.builds.values()];
  }

  get uploading(): readonly UploadSubject[] {
    return [...this.uploads.values()];
  }

  isBuilding(key: BuildKey): boolean {
    return this.builds.has(buildKeyText(key));
  }

  isUploading(subject: UploadSubject): boolean {
    return this.uploads.has(uploadSubjectText(subject));
  }

  /** Marks a build as going on until the answer is called. */
  build(key: BuildKey): () => void {
    return this.enter(this.builds, buildKeyText(key), key);
  }

  /** The same for an upload. */
  upload(subject: UploadSubject): () => void {
    return this.enter(this.uploads, uploadSubjectText(subject), subject);
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private enter<T>(into: Map<string, T>, text: string, subject: T): () => void {
    into.set(text, subject);
    this.tell();
    return () => {
      into.delete(text);
      this.tell();
    };
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function uploadSubjectText(subject: UploadSubject): string {
  return `${buildKeyText(subject)}/${subject.provider}`;
}
