import { randomUUID } from 'node:crypto';
import type { Kind, StoredObject } from './objects.js';
import { apiVersionOf, Refusal } from './objects.js';

export interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly plural: string;
  readonly object: StoredObject;
}

/** Objects with one version for all, and what happened to them, for watches. */
export class ObjectStore {
  private readonly objects = new Map<string, StoredObject>();
  private readonly changes: Change[] = [];
  private readonly listeners = new Set<(change: Change) => void>();
  private oldest = 0;
  version = 100;

  get(plural: string, namespace: string | null, name: string): StoredObject | undefined {
    return this.objects.get(keyOf(plural, namespace, name));
  }

  must({ plural }: Kind, namespace: string | null, name: string): StoredObject {
    const found = this.get(plural, namespace, name);
    if (!found) throw new Refusal(404, 'NotFound', `${plural} "${name}" not found`);
    return found;
  }

  list(plural: string, namespace: string | null): StoredObject[] {
    const prefix = namespace === null ? `${plural}/` : `${plural}/${namespace}/`;
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix));
    return keys.sort().map((key) => this.objects.get(key)!);
  }

  add(kind: Kind, namespace: string | null, body: Partial<StoredObject>): StoredObject {
    const { name } = body.metadata ?? { name: '' };
    if (!/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) {
      throw new Refusal(422, 'Invalid', `${kind.kind} "${name}" is invalid: metadata.name: Invalid value`);
    }
    if (this.get(kind.plural, namespace, name)) {
      throw new Refusal(409, 'AlreadyExists', `${kind.plural} "${name}" already exists`);
    }
    this.version += 1;
    const object: StoredObject = {
      ...body,
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: {
        ...body.metadata,
        name,
        ...(namespace === null ? {} : { namespace }),
        uid: randomUUID(),
        resourceVersion: String(this.version),
        creationTimestamp: new Date().toISOString().replace(/\.\d+Z/, 'Z'),
      },
    };
    this.objects.set(keyOf(kind.plural, namespace, name), object);
    this.tell('ADDED', kind.plural, object);
    return object;
  }

  /** Replaces parts of an object, if it is still there. */
  change(plural: string, object: StoredObject, change: (object: StoredObject) => void): void {
    const key = keyOf(plural, object.metadata.namespace ?? null, object.metadata.name);
    const found = this.objects.get(key);
    if (found?.metadata.uid !== object.metadata.uid) return;
    const next = structuredClone(found);
    change(next);
    this.version += 1;
    next.metadata.resourceVersion = String(this.version);
    this.objects.set(key, next);
    this.tell('MODIFIED', plural, next);
  }

  remove(plural: string, object: StoredObject): void {
    const key = keyOf(plural, object.metadata.namespace ?? null, object.metadata.name);
    const found = this.objects.get(key);
    if (found?.metadata.uid !== object.metadata.uid) return;
    this.objects.delete(key);
    this.version += 1;
    const last = structuredClone(found);
    last.metadata.resourceVersion = String(this.version);
    this.tell('DELETED', plural, last);
  }

  /** @throws Refusal 410 if what happened since is forgotten */
  since(version: number): readonly Change[] {
    if (version < this.oldest) {
      throw new Refusal(410, 'Expired', `too old resource version: ${version} (${this.oldest})`);
    }
    return this.changes.filter((change) => change.version > version);
  }

  /** Forgets what happened so far, as a real server does after some minutes. */
  compact(): void {
    this.version += 1;
    this.oldest = this.version;
    this.changes.length = 0;
  }

  onChange(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(type: Change['type'], plural: string, object: StoredObject): void {
    const change = { version: this.version, type, plural, object };
    this.changes.push(change);
    for (const listener of [...this.listeners]) listener(change);
  }
}

function keyOf(plural: string, namespace: string | null, name: string): string {
  return namespace === null ? `${plural}/${name}` : `${plural}/${namespace}/${name}`;
}
