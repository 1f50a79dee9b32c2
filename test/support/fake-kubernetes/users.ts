/** Who calls, and what he may do. */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { ObjectStore } from './object-store.js';

export interface Attributes {
  readonly verb: string;
  readonly group: string;
  /** With its part: `pods/exec`. */
  readonly resource: string;
  readonly namespace: string | null;
}

export class Users {
  /** Bearer tokens, and whose they are. */
  readonly tokens = new Map<string, string>([['admin-token-1234', 'admin']]);
  readonly passwords = new Map<string, string>();
  /** Common names of client certificates. */
  readonly certificates = new Set<string>(['client']);
  /** What some user may not do, besides service accounts, whose roles count. */
  forbid: (user: string, attributes: Attributes) => boolean = () => false;
  private issued = 0;

  constructor(private readonly store: ObjectStore) {}

  issue(namespace: string, account: string): string {
    this.issued += 1;
    const token = `account-token-${namespace}-${account}-${this.issued}`;
    this.tokens.set(token, `system:serviceaccount:${namespace}:${account}`);
    return token;
  }

  /** Null for strangers. */
  of(request: IncomingMessage): string | null {
    const [, scheme = '', value = ''] = /^(\w+) (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (scheme === 'Bearer') return this.tokens.get(value) ?? null;
    if (scheme === 'Basic') {
      const [name = '', password] = Buffer.from(value, 'base64').toString().split(':');
      return password !== undefined && this.passwords.get(name) === password ? name : null;
    }
    const socket = request.socket as TLSSocket;
    const name = socket.authorized ? String(socket.getPeerCertificate().subject.CN) : '';
    return this.certificates.has(name) ? name : null;
  }

  mayDo(user: string, attributes: Attributes): boolean {
    const [, home, account] = /^system:serviceaccount:([^:]+):(.+)$/.exec(user) ?? [];
    if (home === undefined) return !this.forbid(user, attributes);
    return attributes.namespace === home && this.rulesOf(home, account!).some((rule) => covers(rule, attributes));
  }

  private rulesOf(namespace: string, account: string): readonly Rule[] {
    const bindings = this.store.list('rolebindings', namespace) as unknown as readonly Binding[];
    return bindings
      .filter(({ subjects }) => subjects.some((one) => one.name === account && one.namespace === namespace))
      .flatMap(({ roleRef }): readonly Rule[] => {
        if (roleRef.kind === 'ClusterRole') return roleRef.name === 'admin' ? [EVERYTHING] : [];
        return (this.store.get('roles', namespace, roleRef.name) as unknown as Role | undefined)?.rules ?? [];
      });
  }
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Role {
  readonly rules: readonly Rule[];
}

interface Binding {
  readonly subjects: readonly { readonly name: string; readonly namespace?: string }[];
  readonly roleRef: { readonly kind: string; readonly name: string };
}

const EVERYTHING: Rule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };

function covers({ apiGroups, resources, verbs }: Rule, { group, resource, verb }: Attributes): boolean {
  const has = (list: readonly string[], wanted: string): boolean => list.includes('*') || list.includes(wanted);
  return has(apiGroups, group) && has(resources, resource) && has(verbs, verb);
}
