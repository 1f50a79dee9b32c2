/** What is put into a namespace so that clients can work in it [K8, K9]. */
export const ACCOUNT = 'zuul-worker';

const ALL_VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const RBAC = 'rbac.authorization.k8s.io';

/** Something to be made: where, and what. */
export interface Piece {
  /** Below the namespace's path. */
  readonly group: 'core' | 'rbac';
  readonly collection: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export function account(): Piece {
  return piece('core', 'serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT } });
}

/** The control plane fills in token and certificate. */
export function tokenSecret(): Piece {
  return piece('core', 'secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: { name: ACCOUNT, annotations: { 'kubernetes.io/service-account.name': ACCOUNT } },
  });
}

/** @param restricted there is a pod, which is used and not replaced */
export function role(restricted: boolean): Piece {
  return piece('rbac', 'roles', {
    apiVersion: `${RBAC}/v1`,
    kind: 'Role',
    metadata: { name: roleName(restricted) },
    rules: restricted ? RESTRICTED : FULL,
  });
}

export function roleBinding(namespace: string, restricted: boolean): Piece {
  return binding(namespace, 'zuul-role', { apiGroup: RBAC, kind: 'Role', name: roleName(restricted) });
}

/** OpenShift's administrators of a project. */
export function adminBinding(namespace: string): Piece {
  return binding(namespace, 'admin-0', { apiGroup: RBAC, kind: 'ClusterRole', name: 'admin' });
}

function roleName(restricted: boolean): string {
  return restricted ? 'zuul-restricted' : 'zuul';
}

const FULL = [
  {
    apiGroups: [''],
    resources: [
      'pods',
      'pods/exec',
      'pods/log',
      'pods/portforward',
      'services',
      'endpoints',
      'crontabs',
      'jobs',
      'deployments',
      'replicasets',
      'configmaps',
      'secrets',
    ],
    verbs: ALL_VERBS,
  },
];

const RESTRICTED = [
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
  { apiGroups: [''], resources: ['pods/exec', 'pods/log', 'pods/portforward'], verbs: ALL_VERBS },
];

function binding(namespace: string, name: string, roleRef: Readonly<Record<string, string>>): Piece {
  return piece('rbac', 'rolebindings', {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { name },
    roleRef,
    subjects: [{ kind: 'ServiceAccount', name: ACCOUNT, namespace }],
  });
}

function piece(group: Piece['group'], collection: string, body: Piece['body']): Piece {
  return { group, collection, body };
}

export function pieceOfPod(body: Piece['body']): Piece {
  return piece('core', 'pods', body);
}
