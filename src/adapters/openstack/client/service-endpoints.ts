import type { CloudAccess } from '../clouds/cloud-access.js';
import type { Service } from './api-call.js';
import { ApiError } from './api-error.js';
import type { ApiVersion } from './api-versions.js';
import {
  hasVersion,
  majorOf,
  newestOf,
  readVersions,
  versionRoot,
  versionUrl,
  withVersion,
  withoutSlash,
} from './api-versions.js';
import { findEndpoint } from './catalogue.js';
import type { ServiceEndpoint } from './openstack-client.js';
import type { SignedIn } from './session.js';
import type { Send } from './sign-in.js';

interface Speaks {
  /** The only major version that we speak. */
  readonly major: number;
  /** Where it is if the service does not tell; null = the address needs no version. */
  readonly segment: string | null;
  /** The project's id follows the version. */
  readonly withProject?: boolean;
  /** The address of the version is known without a look. */
  readonly certain?: boolean;
  readonly microversions?: boolean;
}

const SPEAKS: Readonly<Record<Service, Speaks>> = {
  compute: { major: 2, segment: 'v2.1', microversions: true },
  image: { major: 2, segment: 'v2' },
  network: { major: 2, segment: 'v2.0', certain: true },
  volume: { major: 3, segment: 'v3', withProject: true, microversions: true },
  identity: { major: 3, segment: 'v3' },
  'object-store': { major: 1, segment: null },
};

/** Finds out, once per service, where it is and what it speaks (spec BUILDER 6.1). */
export class ServiceEndpoints {
  private readonly urls = new Map<Service, Promise<string>>();
  private readonly details = new Map<Service, Promise<ServiceEndpoint>>();

  /** @param send - with a token */
  constructor(
    private readonly cloud: CloudAccess,
    private readonly send: Send,
  ) {}

  offers(service: Service, signedIn: SignedIn): boolean {
    return 'url' in this.listed(service, signedIn);
  }

  /** With version, without a slash at the end. @throws ApiError */
  url(service: Service, signedIn: SignedIn, signal: AbortSignal): Promise<string> {
    return shared(this.urls, service, signal, () => this.findUrl(service, signedIn, signal));
  }

  /** @throws ApiError */
  describe(service: Service, signedIn: SignedIn, signal: AbortSignal): Promise<ServiceEndpoint> {
    return shared(this.details, service, signal, () => this.findDetails(service, signedIn, signal));
  }

  private listed(service: Service, signedIn: SignedIn): ReturnType<typeof findEndpoint> {
    const access = this.cloud.services[service];
    if (!access.enabled) return { problem: `clouds.yaml says that the cloud has no ${service}` };
    if (access.endpointOverride !== null) return { url: filled(access.endpointOverride, signedIn) };
    const { auth } = this.cloud;
    if (auth.kind === 'fixed') {
      return auth.endpoint === null
        ? { problem: `without an identity service, set auth.endpoint or ${service}_endpoint_override` }
        : { url: auth.endpoint };
    }
    return findEndpoint(signedIn.catalogue, service, access, this.cloud.region);
  }

  private async findUrl(service: Service, signedIn: SignedIn, signal: AbortSignal): Promise<string> {
    const listed = this.listed(service, signedIn);
    if ('problem' in listed) throw notOffered(service, listed.problem);
    const url = withoutSlash(listed.url);
    const speaks = SPEAKS[service];
    if (speaks.segment === null) return url;
    if (hasVersion(url)) return withSpokenVersion(url, service, speaks);
    const version = speaks.certain ? undefined : await this.newest(url, service, speaks, signal);
    const versioned = version ? versionUrl(url, version) : `${url}/${speaks.segment}`;
    return speaks.withProject && signedIn.projectId !== null ? `${versioned}/${signedIn.projectId}` : versioned;
  }

  /** Undefined if the service shows nothing that can be understood; it is then where such services usually are. */
  private async newest(
    url: string,
    service: Service,
    { major }: Speaks,
    signal: AbortSignal,
  ): Promise<ApiVersion | undefined> {
    try {
      return newestOf(await this.versions(url, service, signal), major);
    } catch (error) {
      if (error instanceof ApiError && isAnswered(error)) return undefined;
      throw error;
    }
  }

  private async findDetails(service: Service, signedIn: SignedIn, signal: AbortSignal): Promise<ServiceEndpoint> {
    const url = await this.url(service, signedIn, signal);
    const none: ServiceEndpoint = { url, maxMicroversion: null, minMicroversion: null };
    if (!SPEAKS[service].microversions) return none;
    const root = versionRoot(url);
    const segment = root.slice(root.lastIndexOf('/') + 1).toLowerCase();
    try {
      const versions = await this.versions(root, service, signal);
      // Some services answer with all their versions wherever they are asked.
      const own = versions.find((version) => version.segment.toLowerCase() === segment);
      return own ? { ...none, maxMicroversion: own.maxMicroversion, minMicroversion: own.minMicroversion } : none;
    } catch (error) {
      if (error instanceof ApiError && isAnswered(error)) return none;
      throw error;
    }
  }

  private async versions(url: string, service: Service, signal: AbortSignal): Promise<readonly ApiVersion[]> {
    const name = `${service}.GET.discovery`;
    const { json } = await this.send(
      { name, method: 'GET', url: `${url}/`, headers: {}, expected: [200, 300] },
      signal,
    );
    return readVersions(json);
  }
}

/** The service has answered, only not with a list of versions. */
function isAnswered({ kind, status }: ApiError): boolean {
  return kind === 'answer' || (kind === 'status' && (status ?? 500) < 500);
}

/** Catalogues still list version 1 of images and version 2 of volumes, long after they have gone. */
function withSpokenVersion(url: string, service: Service, { major, segment }: Speaks): string {
  const listed = majorOf(url) ?? major;
  if (service === 'volume' ? listed >= 2 : listed >= major) return url;
  return withVersion(url, segment ?? '');
}

function filled(override: string, { projectId }: SignedIn): string {
  return override.replace(/[$%]\((?:project|tenant)_id\)s|\{(?:project|tenant)_id\}/g, projectId ?? '');
}

function notOffered(service: Service, reason: string): ApiError {
  return new ApiError({
    kind: 'catalogue',
    method: 'GET',
    url: service,
    expected: [],
    status: null,
    body: '',
    requestId: null,
    retryAfter: null,
    reason,
  });
}

/** All who ask at once share one check. What failed is not remembered, and who gives up harms only himself. */
async function shared<T>(
  known: Map<Service, Promise<T>>,
  service: Service,
  signal: AbortSignal,
  find: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const others = known.get(service);
    const finding = others ?? find();
    known.set(service, finding);
    try {
      return await finding;
    } catch (error) {
      if (known.get(service) === finding) known.delete(service);
      if (!others || error instanceof ApiError || signal.aborted) throw error;
    }
  }
}
