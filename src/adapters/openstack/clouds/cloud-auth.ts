/** How to sign in to a cloud, from its entry in `clouds.yaml` (spec BUILDER 6.1). */
import type { CloudAuth, CloudScope, DomainRef, UserRef } from './cloud-access.js';
import type { CloudEntryReader } from './cloud-entry-reader.js';
import { Secret } from '../../../domain/config/secret.js';

type AuthKind = 'password' | 'token' | 'application-credential' | 'fixed';
interface AuthType {
  readonly kind: AuthKind;
  readonly version: 2 | 3 | null;
}

/** Names of ways to sign in, those of keystoneauth and those people got used to. */
const AUTH_TYPES: Readonly<Record<string, AuthType>> = {
  password: { kind: 'password', version: null },
  v3password: { kind: 'password', version: 3 },
  v2password: { kind: 'password', version: 2 },
  token: { kind: 'token', version: null },
  v3token: { kind: 'token', version: 3 },
  v2token: { kind: 'token', version: 2 },
  v3applicationcredential: { kind: 'application-credential', version: 3 },
  v3_application_credential: { kind: 'application-credential', version: 3 },
  admin_token: { kind: 'fixed', version: null },
  token_endpoint: { kind: 'fixed', version: null },
  none: { kind: 'fixed', version: null },
  noauth: { kind: 'fixed', version: null },
};

/** Keys of `auth` that win when they stand beside it: they may come from the environment. */
const WINS_OUTSIDE = /^(tenant|project|user_domain|project_domain|domain)_(id|name)$|^token$|^auth_token$/;

/** Looks into `auth` and beside it. */
class AuthReader {
  constructor(
    private readonly outside: CloudEntryReader,
    private readonly inside: CloudEntryReader,
  ) {}

  text(...keys: readonly string[]): string | null {
    for (const key of keys) {
      const [first, second] = this.order(key);
      const found = first.text(key) ?? second.text(key);
      if (found !== null) return found;
    }
    return null;
  }

  secret(...keys: readonly string[]): Secret | null {
    for (const key of keys) {
      const [first, second] = this.order(key);
      const found = first.secret(key) ?? second.secret(key);
      if (found !== null) return new Secret(found);
    }
    return null;
  }

  problem(key: string, what: string): void {
    this.inside.problem(key, what);
  }

  private order(key: string): readonly [CloudEntryReader, CloudEntryReader] {
    return WINS_OUTSIDE.test(key) ? [this.outside, this.inside] : [this.inside, this.outside];
  }
}

/** Undefined if it cannot be understood; the problems are in the reader then. */
export function readCloudAuth(entry: CloudEntryReader): CloudAuth | undefined {
  const auth = new AuthReader(entry, entry.map('auth'));
  const type = authType(entry, auth);
  if (!type) return undefined;
  if (type.kind === 'fixed') {
    const endpoint = auth.text('endpoint', 'url');
    return {
      kind: 'fixed',
      endpoint: endpoint === null ? null : entry.expanded(endpoint),
      token: auth.secret('token', 'auth_token'),
    };
  }
  const url = authUrl(entry, auth);
  const version = type.version ?? (/^v?3/.test(entry.text('identity_api_version') ?? '') ? 3 : null);
  switch (type.kind) {
    case 'password':
      return readPassword(auth, url, version);
    case 'token':
      return readToken(auth, url, version);
    case 'application-credential':
      return readApplicationCredential(auth, url);
  }
}

function authType(entry: CloudEntryReader, auth: AuthReader): AuthType | undefined {
  const key = entry.has('auth_type') ? 'auth_type' : 'auth_plugin';
  const written = entry.text(key);
  if (written === null) return entry.has(key) ? AUTH_TYPES['none'] : inferredType(auth);
  const name = written.toLowerCase();
  const known = Object.hasOwn(AUTH_TYPES, name) ? AUTH_TYPES[name] : undefined;
  if (!known) entry.problem(key, `${written} is not supported; supported are ${Object.keys(AUTH_TYPES).join(', ')}`);
  return known;
}

/** Nobody writes `auth_type: password`; whoever gives no password means something else. */
function inferredType(auth: AuthReader): AuthType | undefined {
  if (auth.text('password') === null) {
    if (auth.text('application_credential_id', 'application_credential_name') !== null) {
      return AUTH_TYPES['v3applicationcredential'];
    }
    if (auth.text('token', 'auth_token') !== null) return AUTH_TYPES['token'];
  }
  return AUTH_TYPES['password'];
}

function authUrl(entry: CloudEntryReader, auth: AuthReader): string | undefined {
  const written = auth.text('auth_url');
  if (written === null) {
    auth.problem('auth_url', 'required: the address of the identity service');
    return undefined;
  }
  const url = entry.expanded(written).trim();
  const open = /\{(\w+)\}/.exec(url)?.[1];
  if (open !== undefined) auth.problem('auth_url', `the address depends on ${open}, which is not set`);
  else if (!/^https?:\/\/[^/\s]+/i.test(url)) auth.problem('auth_url', 'expected an address like https://host:5000/v3');
  else return url.replace(/\/+$/, '');
  return undefined;
}

function readPassword(auth: AuthReader, url: string | undefined, version: 2 | 3 | null): CloudAuth | undefined {
  const user = readUser(auth);
  const password = auth.secret('password');
  if (user.id === null && user.name === null) auth.problem('username', 'required, unless there is a user_id');
  if (password === null) auth.problem('password', 'required; it may stand in secure.yaml');
  if (url === undefined || password === null) return undefined;
  return { kind: 'password', url, version, user, password, scope: readScope(auth) };
}

function readToken(auth: AuthReader, url: string | undefined, version: 2 | 3 | null): CloudAuth | undefined {
  const token = auth.secret('token', 'auth_token');
  if (token === null) auth.problem('token', 'required; it may stand in secure.yaml');
  if (url === undefined || token === null) return undefined;
  return { kind: 'token', url, version, token, scope: readScope(auth) };
}

function readApplicationCredential(auth: AuthReader, url: string | undefined): CloudAuth | undefined {
  const id = auth.text('application_credential_id');
  const name = auth.text('application_credential_name');
  const user = readUser(auth);
  const secret = auth.secret('application_credential_secret');
  if (id === null && name === null) {
    auth.problem('application_credential_id', 'required, unless there is an application_credential_name');
  } else if (id === null && user.id === null && user.name === null) {
    auth.problem('username', 'required with application_credential_name, unless there is a user_id');
  }
  if (secret === null) auth.problem('application_credential_secret', 'required; it may stand in secure.yaml');
  if (url === undefined || secret === null) return undefined;
  return { kind: 'application-credential', url, id, name, user, secret };
}

function readUser(auth: AuthReader): UserRef {
  return {
    id: auth.text('user_id'),
    name: auth.text('username', 'user_name'),
    domain: readDomain(auth, 'user_domain'),
  };
}

function readScope(auth: AuthReader): CloudScope {
  const id = auth.text('project_id', 'tenant_id');
  const name = auth.text('project_name', 'tenant_name');
  if (id !== null || name !== null) return { kind: 'project', id, name, domain: readDomain(auth, 'project_domain') };
  const domain = { id: auth.text('domain_id'), name: auth.text('domain_name'), isDefault: false };
  if (domain.id !== null || domain.name !== null) return { kind: 'domain', domain };
  return { kind: auth.text('system_scope') === null ? 'unscoped' : 'system' };
}

/** A bare `domain_*` fills both domains; where nothing is said, it is the one that every cloud has. */
function readDomain(auth: AuthReader, role: 'user_domain' | 'project_domain'): DomainRef {
  for (const prefix of [role, 'domain', 'default_domain']) {
    const id = auth.text(`${prefix}_id`);
    const name = auth.text(`${prefix}_name`);
    if (id !== null || name !== null) return { id, name, isDefault: isDefaultDomain(id, name) };
  }
  return { id: 'default', name: null, isDefault: true };
}

function isDefaultDomain(id: string | null, name: string | null): boolean {
  return (id ?? name)?.toLowerCase() === 'default';
}
