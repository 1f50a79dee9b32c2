import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Certificates } from '../certificates.js';
import type { FakeKubernetes } from './fake-kubernetes.js';

/** A user's entry of a kubeconfig, as YAML in JSON's form. */
export type KubeUser = Readonly<Record<string, unknown>>;

export interface KubeconfigFile {
  readonly file: string;
  readonly folder: string;
  remove(): void;
}

/** Writes a kubeconfig with a context per user; all of one cluster. The first one is the current. */
export function writeKubeconfig(
  cloud: Pick<FakeKubernetes, 'url' | 'ca'>,
  users: Readonly<Record<string, KubeUser>>,
  cluster: Readonly<Record<string, unknown>> = { 'certificate-authority-data': cloud.ca },
): KubeconfigFile {
  const folder = mkdtempSync(path.join(tmpdir(), 'nodepool-kube-'));
  const names = Object.keys(users);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': names[0],
    clusters: [{ name: 'double', cluster: { server: cloud.url, ...cluster } }],
    users: Object.entries(users).map(([name, user]) => ({ name, user })),
    contexts: names.map((name) => ({ name, context: { cluster: 'double', user: name } })),
  };
  const file = path.join(folder, 'config');
  writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 });
  return { file, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function certificateUser({ client }: Certificates): KubeUser {
  const base64 = (file: string): string => readFileSync(file).toString('base64');
  return { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) };
}
