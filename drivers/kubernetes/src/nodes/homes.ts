/** What a node is at home in: a namespace of Kubernetes, or a project of OpenShift. */
import type { InstanceSpec, Resources } from 'nodepool/driver';
import { annotationsOf, descriptionOf, labelsOf, PROVIDER_LABEL } from '../made/marks.js';
import { labelValue } from '../made/names.js';
import { account, adminBinding, role, roleBinding, tokenSecret } from './furniture.js';
import type { Piece } from './furniture.js';

export interface Homes {
  /** In words. */
  readonly kind: 'namespace' | 'project';
  /** Path of the collection. */
  readonly collection: string;
  /** Path of what makes one. */
  readonly requests: string;
  /** `connection_type` of a node without a pod [K14]. */
  readonly connectionType: string;
  /** Is the name of the home among what clients are told [K15]? */
  readonly named: boolean;
  /** Query that leaves out what is of no interest. */
  query(provider: string): string;
  body(name: string, spec: InstanceSpec, resources: Resources): Readonly<Record<string, unknown>>;
  furniture(name: string, withPod: boolean): readonly Piece[];
}

export const NAMESPACES: Homes = {
  kind: 'namespace',
  collection: '/api/v1/namespaces',
  requests: '/api/v1/namespaces',
  connectionType: 'namespace',
  named: true,
  query: (provider) => `?labelSelector=${encodeURIComponent(`${PROVIDER_LABEL}=${labelValue(provider)}`)}`,
  body: (name, spec, resources) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: labelsOf(spec), annotations: annotationsOf(spec, resources) },
  }),
  furniture: (name, withPod) => [account(), tokenSecret(), role(withPod), roleBinding(name, withPod)],
};

const PROJECT_API = '/apis/project.openshift.io/v1';

export const PROJECTS: Homes = {
  kind: 'project',
  collection: `${PROJECT_API}/projects`,
  requests: `${PROJECT_API}/projectrequests`,
  connectionType: 'project',
  named: false,
  // Labels of a request need not arrive.
  query: () => '',
  body: (name, spec, resources) => ({
    apiVersion: 'project.openshift.io/v1',
    kind: 'ProjectRequest',
    metadata: { name, labels: labelsOf(spec), annotations: annotationsOf(spec, resources) },
    description: descriptionOf(spec, resources),
  }),
  furniture: (name) => [account(), tokenSecret(), adminBinding(name)],
};
