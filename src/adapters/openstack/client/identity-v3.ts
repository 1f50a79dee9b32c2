/** Signing in with version 3 of the identity service. */
import type { CloudAuth, CloudScope, DomainRef, UserRef } from '../clouds/cloud-access.js';
import { Secret } from '../../../domain/config/secret.js';
import type { JsonObject } from './api-call.js';
import type { Catalogue } from './catalogue.js';
import type { IdentityToken } from './identity-token.js';
import { lifetimeBetween } from './identity-token.js';
import { objectAt, objectsAt, textAt } from './json-fields.js';

type SigningIn = Exclude<CloudAuth, { kind: 'fixed' }>;

export function signInBodyV3(auth: SigningIn): JsonObject {
  const scope = auth.kind === 'application-credential' ? undefined : scopeBody(auth.scope);
  return { auth: { identity: identityBody(auth), ...(scope === undefined ? {} : { scope }) } };
}

export function readTokenV3(
  json: JsonObject,
  headers: Readonly<Record<string, string>>,
  now: number,
): IdentityToken | undefined {
  const id = headers['x-subject-token'];
  const token = objectAt(json, 'token');
  if (!id) return undefined;
  return {
    token: new Secret(id),
    lifetime: lifetimeBetween(textAt(token, 'issued_at'), textAt(token, 'expires_at'), now),
    catalogue: readCatalogue(token),
    projectId: textAt(objectAt(token, 'project'), 'id'),
  };
}

function identityBody(auth: SigningIn): JsonObject {
  switch (auth.kind) {
    case 'password':
      return {
        methods: ['password'],
        password: { user: { ...userBody(auth.user), password: auth.password.reveal() } },
      };
    case 'token':
      return { methods: ['token'], token: { id: auth.token.reveal() } };
    case 'application-credential': {
      const which = auth.id === null ? { name: auth.name, user: userBody(auth.user) } : { id: auth.id };
      return {
        methods: ['application_credential'],
        application_credential: { ...which, secret: auth.secret.reveal() },
      };
    }
  }
}

function userBody({ id, name, domain }: UserRef): JsonObject {
  return id === null ? { name, domain: domainBody(domain) } : { id };
}

function domainBody({ id, name }: DomainRef): JsonObject {
  return id === null ? { name } : { id };
}

function scopeBody(scope: CloudScope): JsonObject | undefined {
  switch (scope.kind) {
    case 'project':
      return { project: scope.id === null ? { name: scope.name, domain: domainBody(scope.domain) } : { id: scope.id } };
    case 'domain':
      return { domain: domainBody(scope.domain) };
    case 'system':
      return { system: { all: true } };
    case 'unscoped':
      return undefined;
  }
}

function readCatalogue(token: JsonObject): Catalogue {
  return objectsAt(token, 'catalog').map((service) => ({
    type: textAt(service, 'type') ?? '',
    name: textAt(service, 'name'),
    endpoints: objectsAt(service, 'endpoints').flatMap((endpoint) => {
      const url = textAt(endpoint, 'url');
      if (url === null) return [];
      const region = textAt(endpoint, 'region_id') ?? textAt(endpoint, 'region');
      return [{ url, region, interface: (textAt(endpoint, 'interface') ?? '').replace(/URL$/, '') }];
    }),
  }));
}
