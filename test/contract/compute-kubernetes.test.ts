import { afterAll, beforeAll, describe, it } from 'vitest';
import { registerDriverChecks } from '../../src/apps/driver-kit/run-checks.js';
import type { Certificates } from '../support/certificates.js';
import { makeCertificates } from '../support/certificates.js';
import type { KubeDriverName } from '../support/kubernetes-bench.js';
import { kubeBench } from '../support/kubernetes-bench.js';

const certificates = makeCertificates();
let made: Certificates;
beforeAll(async () => {
  made = await certificates;
});
afterAll(() => made.remove());

describe.each<readonly [string, KubeDriverName, Readonly<Record<string, unknown>>]>([
  ['kubernetes, pods', 'kubernetes', {}],
  ['kubernetes, namespaces', 'kubernetes', { type: 'namespace', image: undefined }],
  ['openshift, pods', 'openshift', {}],
  ['openshift, projects', 'openshift', { type: 'project', image: undefined }],
  ['openshiftpods', 'openshiftpods', {}],
])('[K30] driver contract: %s', (_title, name, label) => {
  // Each check is a cluster of its own, which waits most of the time.
  registerDriverChecks(
    (title, run) => it.concurrent(title, run),
    () => kubeBench(name, made, label),
  );
});
