import type { NodepoolConfig } from '../../domain/config/config.js';
import { imageTrouble } from '../../domain/explain/image-trouble.js';
import type { Decision } from '../../domain/explain/reason.js';
import type { ImageProblem } from '../../domain/model/image-problem.js';

/** What this builder cannot do at the moment and why, for operators: made from its decisions. */
export class BuilderProblems {
  private readonly problems = new Map<string, ImageProblem>();
  private readonly listeners = new Set<() => void>();

  /** Ordered by image and provider. */
  all(): readonly ImageProblem[] {
    return [...this.problems].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, problem]) => problem);
  }

  /** @param provider null for a decision to build */
  note(image: string, provider: string | null, decision: Decision<string>): void {
    // Trouble is over when a try has succeeded, not when it begins.
    if (decision.verdict !== 'wait') return;
    const trouble = imageTrouble(decision);
    const key = JSON.stringify([image, provider ?? '']);
    const known = this.problems.get(key);
    if (!trouble) {
      if (this.problems.delete(key)) this.tell();
    } else if (!known || known.code !== trouble.code || known.nextTry !== trouble.nextTry) {
      // The text of one and the same trouble may change all the time (bytes free): the first is good enough.
      this.problems.set(key, { image, provider, ...trouble });
      this.tell();
    }
  }

  /** Forgets about images and providers that are not configured any more. */
  retain({ diskImages, providers }: NodepoolConfig): void {
    const before = this.problems.size;
    for (const [key, { image, provider }] of this.problems) {
      const wanted = diskImages.has(image) && (provider === null || providers.get(provider)?.diskImages.has(image));
      if (!wanted) this.problems.delete(key);
    }
    if (this.problems.size !== before) this.tell();
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
