import type { LoggedChange } from '../transaction-log.js';
import type { LogRule } from './log-rule.js';
import type { Fields, LoggedTree } from './logged-tree.js';

const BUILD = /^(\/nodepool\/images\/[^/]+\/builds)\/(?!lock$)[^/]+$/;
const UPLOAD = /^(\/nodepool\/images\/[^/]+\/builds\/[^/]+\/providers\/[^/]+\/images)\/(?!lock$)[^/]+$/;
const BEGUN: ReadonlySet<unknown> = new Set(['building', 'uploading']);
const ENDED: ReadonlySet<unknown> = new Set(['ready', 'failed']);

/** Builds and uploads are made, written and removed under the lock above them or their own; a build is uploaded once. */
export class ImageRule implements LogRule {
  uploads = 0;
  /** What is kept at the end: the builds, and the images in the clouds. */
  readonly kept = { builds: [] as string[], images: [] as string[] };
  private readonly makers = new Map<string, string>();

  see(change: LoggedChange, tree: LoggedTree): readonly string[] {
    const { kind, path, session } = change;
    const above = (BUILD.exec(path) ?? UPLOAD.exec(path))?.[1];
    if (above === undefined) return [];
    if (kind === 'create') this.makers.set(path, session);
    const locks = [`${above}/lock`, `${path}/lock`];
    const locked =
      locks.some((lock) => tree.isUnder(lock, change)) ||
      (kind === 'remove' && tree.isAfter(`${path}/lock`, change)) ||
      this.endsItsOwn(change, tree, locks);
    return [
      ...(locked ? [] : [`${session} did ${kind} ${path} without a lock`]),
      ...this.uploadedTwice(change, above, tree),
    ];
  }

  atEnd(tree: LoggedTree): readonly string[] {
    for (const [path, record] of tree.records) {
      if (BUILD.test(path)) this.kept.builds.push(path.slice(path.lastIndexOf('/') + 1));
      if (UPLOAD.test(path)) this.kept.images.push(String(record?.['external_id']));
    }
    return [];
  }

  /** Who has lost its session may end what it began, unless somebody has begun with it meanwhile. */
  private endsItsOwn({ kind, path, record }: LoggedChange, tree: LoggedTree, locks: readonly string[]): boolean {
    const maker = this.makers.get(path);
    return (
      kind === 'write' &&
      BEGUN.has(tree.records.get(path)?.['state']) &&
      ENDED.has(record?.['state']) &&
      maker !== undefined &&
      tree.isOver(maker) &&
      !locks.some((lock) => tree.isContended(lock))
    );
  }

  private uploadedTwice({ path, record }: LoggedChange, above: string, tree: LoggedTree): readonly string[] {
    const ready = (fields: Fields | null | undefined): boolean => fields?.['state'] === 'ready';
    if (!UPLOAD.test(path) || !ready(record) || ready(tree.records.get(path))) return [];
    this.uploads += 1;
    const others = [...tree.records].filter(
      ([other, fields]) => other !== path && ready(fields) && UPLOAD.exec(other)?.[1] === above,
    );
    return others.map(([other]) => `${path} was uploaded although ${other} was`);
  }
}
