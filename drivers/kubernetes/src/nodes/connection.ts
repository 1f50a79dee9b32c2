/** How clients get into a node [K15]. */
import type { KubeAccess } from '../client/kube-access.js';
import { ACCOUNT } from './furniture.js';

export interface Way {
  readonly namespace: string;
  readonly pod: string | null;
  /** Of whoever works in there. */
  readonly token: string;
  /** PEM in base64; null: the system's authorities will do. */
  readonly ca: string | null;
  readonly named: boolean;
}

/** Holds credentials: for the node's record only. */
export function connectionTo({ server, skipTls }: KubeAccess, way: Way): Readonly<Record<string, unknown>> {
  return {
    ...(way.named ? { name: way.namespace } : {}),
    namespace: way.namespace,
    host: server,
    skiptls: skipTls,
    token: way.token,
    user: ACCOUNT,
    ...(skipTls ? {} : { ca_crt: way.ca }),
    ...(way.pod === null ? {} : { pod: way.pod }),
  };
}
