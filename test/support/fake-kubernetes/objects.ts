/** What the double keeps: objects as the real server shows them. */
export interface StoredObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    creationTimestamp: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
    finalizers?: string[];
  };
  type?: string;
  data?: Record<string, string>;
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  [more: string]: unknown;
}

export interface Kind {
  readonly group: '' | 'rbac.authorization.k8s.io' | 'project.openshift.io';
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly short?: string;
}

export const KINDS: readonly Kind[] = [
  { group: '', kind: 'Namespace', plural: 'namespaces', namespaced: false, short: 'ns' },
  { group: '', kind: 'Pod', plural: 'pods', namespaced: true, short: 'po' },
  { group: '', kind: 'ServiceAccount', plural: 'serviceaccounts', namespaced: true, short: 'sa' },
  { group: '', kind: 'Secret', plural: 'secrets', namespaced: true },
  { group: '', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true, short: 'quota' },
  { group: 'rbac.authorization.k8s.io', kind: 'Role', plural: 'roles', namespaced: true },
  { group: 'rbac.authorization.k8s.io', kind: 'RoleBinding', plural: 'rolebindings', namespaced: true },
];

/** What an OpenShift has besides; a project is another look at a namespace. */
export const OPENSHIFT_KINDS: readonly Kind[] = [
  { group: 'project.openshift.io', kind: 'Project', plural: 'projects', namespaced: false },
  { group: 'project.openshift.io', kind: 'ProjectRequest', plural: 'projectrequests', namespaced: false },
];

export function apiVersionOf({ group }: Kind): string {
  return group === '' ? 'v1' : `${group}/v1`;
}

/** A refusal, as the server words it. */
export class Refusal extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly retryAfter?: number,
  ) {
    super(message);
  }

  toStatus(): object {
    const details = this.retryAfter === undefined ? {} : { retryAfterSeconds: this.retryAfter };
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      details,
      code: this.code,
    };
  }
}
