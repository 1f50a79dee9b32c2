/** Signing in with version 2.0 of the identity service, which a few old clouds still have and nothing else. */
import type { CloudAuth, CloudScope } from '../clouds/cloud-access.js';
import { Secret } from '../../../domain/config/secret.js';
import type { JsonObject } from './api-call.js';
import type { Catalogue } from './catalogue.js';
import type { IdentityToken } from './identity-token.js';
import { lifetimeBetween } from './identity-token.js';
import { objectAt, objectsAt, textAt } from './json-fields.js';

/** Undefined if there is no such way to sign in with this version. */
export function signInBodyV2(auth: CloudAuth): JsonObject | undefined {
  switch (auth.kind) {
    case 'password': {
      const { id, name } = auth.user;
      const user = id === null ? { username: name } : { userId: id };
      return { auth: { passwordCredentials: { ...user, password: auth.password.reveal() }, ...tenant(auth.scope) } };
    }
    case 'token':
      return { auth: { token: { id: auth.token.reveal() }, ...tenant(auth.scope) } };
    case 'application-credential':
    case 'fixed':
      return undefined;
  }
}

export function readTokenV2(json: JsonObject, now: number): IdentityToken | undefined {
  const access = objectAt(json, 'access');
  const token = objectAt(access, 'token');
  const id = textAt(token, 'id');
  if (id === null) return undefined;
  return {
    token: new Secret(id),
    lifetime: lifetimeBetween(textAt(token, 'issued_at'), textAt(token, 'expires'), now),
    catalogue: readCatalogue(access),
    projectId: textAt(objectAt(token, 'tenant'), 'id'),
  };
}

function tenant(scope: CloudScope): JsonObject {
  if (scope.kind !== 'project') return {};
  return scope.id === null ? { tenantName: scope.name } : { tenantId: scope.id };
}

function readCatalogue(access: JsonObject): Catalogue {
  return objectsAt(access, 'serviceCatalog').map((service) => ({
    type: textAt(service, 'type') ?? '',
    name: textAt(service, 'name'),
    endpoints: objectsAt(service, 'endpoints').flatMap((endpoint) =>
      ['public', 'internal', 'admin'].flatMap((kind) => {
        const url = textAt(endpoint, `${kind}URL`);
        return url === null ? [] : [{ url, region: textAt(endpoint, 'region'), interface: kind }];
      }),
    ),
  }));
}
