import type { StoredObject } from './objects.js';

/** A namespace, as those see it who look for projects. */
export function projectOf(namespace: StoredObject): object {
  return { ...namespace, apiVersion: 'project.openshift.io/v1', kind: 'Project' };
}
