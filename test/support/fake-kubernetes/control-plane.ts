/** What goes on behind the API: accounts, tokens, scheduler, kubelet, quota, deletion. In real time, quickly. */
import type { ObjectStore } from './object-store.js';
import type { StoredObject } from './objects.js';
import { KINDS, Refusal } from './objects.js';
import { demandOf, exceeded } from './quota.js';

export interface ControlKnobs {
  /** Seconds. Enough for another call to come first, on a busy machine too. */
  bootTime: number;
  accountTime: number;
  tokenTime: number;
  teardownTime: number;
  /** The scheduler finds no room. */
  full: boolean;
  /** The next pod ends instead of running; the reason is the kubelet's. */
  breakNext: string | null;
  /** Namespaces that are deleted keep this finalizer. */
  finalizer: string | null;
  /** Most pods in all namespaces, as a quota over all projects has it. */
  mostPods: number;
  /** Images that cannot be pulled, and why. */
  images: Record<string, 'ErrImagePull' | 'InvalidImageName' | 'ErrImageNeverPull' | 'CreateContainerConfigError'>;
}

/** With all that the API says must be there: the client for Python insists. */
function containerStatus({ name, image }: { name: string; image: string }, state: object): object {
  return { name, image, imageID: '', restartCount: 0, ready: 'running' in state, state };
}

const kind = (plural: string): (typeof KINDS)[number] => KINDS.find((one) => one.plural === plural)!;

export class ControlPlane {
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly store: ObjectStore,
    private readonly knobs: ControlKnobs,
    /** Makes the token of a service account known. */
    private readonly issue: (namespace: string, account: string) => string,
    private readonly ca: () => string,
  ) {
    store.onChange(({ type, plural, object }) => {
      if (type !== 'ADDED') return;
      if (plural === 'namespaces') this.later(knobs.accountTime, () => this.addAccount(object.metadata.name));
      if (plural === 'secrets') this.later(knobs.tokenTime, () => this.fillIn(object));
      if (plural === 'pods') this.schedule(object);
    });
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  /** Whether something may be made there. @throws Refusal */
  admit(plural: string, namespace: string | null, body: Partial<StoredObject>): void {
    if (namespace === null) return;
    const home = this.store.get('namespaces', null, namespace);
    if (!home) throw new Refusal(404, 'NotFound', `namespaces "${namespace}" not found`);
    const name = body.metadata?.name ?? '';
    if (home.metadata.deletionTimestamp !== undefined) {
      const words = `${plural} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`;
      throw new Refusal(403, 'Forbidden', words);
    }
    if (plural === 'pods') this.admitPod(namespace, name, body);
  }

  delete(plural: string, object: StoredObject): void {
    if (plural === 'namespaces') return this.terminate(object);
    if (plural !== 'pods') return this.store.remove(plural, object);
    this.store.change(plural, object, ({ metadata }) => (metadata.deletionTimestamp ??= new Date().toISOString()));
    this.later(this.knobs.teardownTime, () => this.store.remove(plural, object));
  }

  private admitPod(namespace: string, name: string, body: Partial<StoredObject>): void {
    if (!this.store.get('serviceaccounts', namespace, 'default')) {
      const words = `pods "${name}" is forbidden: error looking up service account ${namespace}/default: serviceaccount "default" not found`;
      throw new Refusal(403, 'Forbidden', words);
    }
    const all = this.store.list('pods', null);
    if (all.length >= this.knobs.mostPods) {
      const words = `pods "${name}" is forbidden: exceeded quota: everything, requested: pods=1, used: pods=${all.length}, limited: pods=${this.knobs.mostPods}`;
      throw new Refusal(403, 'Forbidden', words);
    }
    const used = this.store.list('pods', namespace).map(demandOf);
    for (const quota of this.store.list('resourcequotas', namespace)) {
      const problem = exceeded(quota, used, demandOf(body));
      if (problem !== null) throw new Refusal(403, 'Forbidden', `pods "${name}" is forbidden: ${problem}`);
    }
  }

  private addAccount(namespace: string): void {
    const home = this.store.get('namespaces', null, namespace);
    if (!home || home.metadata.deletionTimestamp !== undefined) return;
    if (this.store.get('serviceaccounts', namespace, 'default')) return;
    this.store.add(kind('serviceaccounts'), namespace, { metadata: { name: 'default' } as StoredObject['metadata'] });
  }

  private fillIn(secret: StoredObject): void {
    const account = secret.metadata.annotations?.['kubernetes.io/service-account.name'];
    const { namespace = '' } = secret.metadata;
    if (secret.type !== 'kubernetes.io/service-account-token' || account === undefined) return;
    if (!this.store.get('serviceaccounts', namespace, account)) return this.store.remove('secrets', secret);
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    this.store.change('secrets', secret, (object) => {
      object.data = {
        'ca.crt': base64(this.ca()),
        namespace: base64(namespace),
        token: base64(this.issue(namespace, account)),
      };
    });
  }

  private schedule(pod: StoredObject): void {
    const reason = this.knobs.breakNext;
    this.knobs.breakNext = null;
    this.setStatus(pod, { phase: 'Pending', conditions: [] });
    if (this.knobs.full) {
      const message = '0/3 nodes are available: 3 Insufficient cpu.';
      const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
      return this.setStatus(pod, { phase: 'Pending', conditions: [condition] });
    }
    this.later(this.knobs.bootTime, () => this.boot(pod, reason));
  }

  private boot(pod: StoredObject, reason: string | null): void {
    const conditions = [{ type: 'PodScheduled', status: 'True' }];
    this.store.change('pods', pod, (object) => (object.spec = { ...object.spec, nodeName: 'worker-1' }));
    if (reason !== null) {
      return this.setStatus(pod, { phase: 'Failed', reason, message: 'the machine would not have it', conditions });
    }
    const { containers = [] } = (pod.spec ?? {}) as {
      readonly containers?: readonly { name: string; image: string }[];
    };
    const wrong = containers.map(({ image }) => this.knobs.images[image]).find((problem) => problem !== undefined);
    if (wrong === undefined) {
      const running = containers.map((one) => containerStatus(one, { running: {} }));
      return this.setStatus(pod, { phase: 'Running', conditions, containerStatuses: running });
    }
    const waiting = { reason: wrong, message: `Back-off pulling image "${containers[0]?.image ?? ''}"` };
    const containerStatuses = containers.map((one) => containerStatus(one, { waiting }));
    this.setStatus(pod, { phase: 'Pending', conditions, containerStatuses });
  }

  private setStatus(pod: StoredObject, status: Record<string, unknown>): void {
    this.store.change('pods', pod, (object) => (object.status = status));
  }

  /** First all that is in it, then the namespace, unless somebody's finalizer is in the way. */
  private terminate(home: StoredObject): void {
    if (home.metadata.deletionTimestamp !== undefined) return;
    const { name } = home.metadata;
    const { finalizer } = this.knobs;
    this.store.change('namespaces', home, (object) => {
      object.metadata.deletionTimestamp = new Date().toISOString();
      const message = `Some content in the namespace has finalizers remaining: ${finalizer} in 1 resource instances`;
      const condition = {
        type: 'NamespaceFinalizersRemaining',
        status: 'True',
        reason: 'SomeFinalizersRemain',
        message,
      };
      object.status = { phase: 'Terminating', ...(finalizer === null ? {} : { conditions: [condition] }) };
    });
    if (finalizer !== null) return;
    this.later(this.knobs.teardownTime, () => {
      for (const { plural, namespaced } of KINDS) {
        if (namespaced) for (const object of this.store.list(plural, name)) this.store.remove(plural, object);
      }
      this.store.remove('namespaces', home);
    });
  }

  private later(seconds: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, seconds * 1000);
    this.timers.add(timer);
  }
}
