import type { CloudAuth } from '../clouds/cloud-access.js';
import type { Clock } from '../../../ports/runtime/clock.js';
import { hasVersion, majorOf, newestOf, readVersions, versionRoot, versionUrl, withVersion } from './api-versions.js';
import { withoutSlash } from './api-versions.js';
import { ApiError } from './api-error.js';
import type { HttpAnswer, HttpRequest } from './http-exchange.js';
import type { IdentityToken } from './identity-token.js';
import { readTokenV2, signInBodyV2 } from './identity-v2.js';
import { readTokenV3, signInBodyV3 } from './identity-v3.js';

export type Send = (wanted: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>;
type SigningIn = Exclude<CloudAuth, { kind: 'fixed' }>;

interface IdentityAddress {
  readonly version: 2 | 3;
  readonly url: string;
}

/** Gets tokens from the identity service. Where that is and which version it speaks is found out once. */
export class SignIn {
  private address: IdentityAddress | null = null;

  constructor(
    private readonly auth: SigningIn,
    private readonly send: Send,
    private readonly clock: Clock,
  ) {}

  /** @throws ApiError */
  async token(signal: AbortSignal): Promise<IdentityToken> {
    const address = (this.address ??= await this.findAddress(signal));
    const wanted: HttpRequest = {
      name: 'identity.POST.tokens',
      method: 'POST',
      url: address.version === 2 ? `${address.url}/tokens` : `${address.url}/auth/tokens`,
      headers: {},
      json: this.body(address),
      expected: address.version === 2 ? [200, 203] : [200, 201],
    };
    const { json, headers, status } = await this.send(wanted, signal);
    const now = this.clock.now();
    const token = address.version === 2 ? readTokenV2(json, now) : readTokenV3(json, headers, now);
    if (token) return token;
    throw refusal(wanted, 'answer', 'the answer holds no token; is this the identity service?', status);
  }

  private body({ version, url }: IdentityAddress): unknown {
    if (version === 3) return signInBodyV3(this.auth);
    const body = signInBodyV2(this.auth);
    if (body) return body;
    const wanted = { method: 'POST', url, expected: [] } as const;
    throw refusal(wanted, 'settings', 'version 2.0 of the identity service knows no application credentials');
  }

  private async findAddress(signal: AbortSignal): Promise<IdentityAddress> {
    const url = withoutSlash(this.auth.url);
    const version = this.auth.kind === 'application-credential' ? 3 : this.auth.version;
    if (hasVersion(url)) {
      const major = version ?? (majorOf(url) === 2 && !this.needsV3() ? 2 : 3);
      return { version: major, url: withVersion(versionRoot(url), major === 2 ? 'v2.0' : 'v3') };
    }
    if (version !== null) return { version, url: `${url}/${version === 2 ? 'v2.0' : 'v3'}` };
    return this.discover(url, signal);
  }

  /** Application credentials and domains came with version 3; an address that says v2.0 is then only out of date. */
  private needsV3(): boolean {
    const { auth } = this;
    if (auth.kind === 'application-credential') return true;
    const { scope } = auth;
    const domains = scope.kind === 'project' ? [scope.domain] : [];
    if (auth.kind === 'password') domains.push(auth.user.domain);
    return scope.kind === 'domain' || scope.kind === 'system' || domains.some(({ isDefault }) => !isDefault);
  }

  private async discover(url: string, signal: AbortSignal): Promise<IdentityAddress> {
    const wanted: HttpRequest = {
      name: 'identity.GET.discovery',
      method: 'GET',
      url: `${url}/`,
      headers: {},
      expected: [200, 300],
    };
    try {
      const { json } = await this.send(wanted, signal);
      const versions = readVersions(json);
      const third = newestOf(versions, 3);
      if (third) return { version: 3, url: versionUrl(url, third) };
      const second = newestOf(versions, 2);
      if (second && !this.needsV3()) return { version: 2, url: versionUrl(url, second) };
    } catch (error) {
      // A root that does not answer as it should is common behind proxies; one that cannot be reached is not ours to interpret.
      if (!(error instanceof ApiError) || (error.kind !== 'status' && error.kind !== 'answer')) throw error;
      if (error.status !== null && error.status >= 500) throw error;
    }
    return { version: 3, url: `${url}/v3` };
  }
}

function refusal(
  { method, url, expected }: Pick<HttpRequest, 'method' | 'url' | 'expected'>,
  kind: 'answer' | 'settings',
  reason: string,
  status: number | null = null,
): ApiError {
  return new ApiError({ kind, method, url, expected, status, body: '', requestId: null, retryAfter: null, reason });
}
