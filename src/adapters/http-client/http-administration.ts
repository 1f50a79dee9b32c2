import { providerDataOf } from '../../domain/presentation/provider-data.js';
import type { Commands } from '../../ports/administration/commands.js';
import type { Inquiries } from '../../ports/administration/explanations.js';
import type { AdministrationPort, Lists, OperationName } from '../../ports/administration/operations.js';
import { fromWire } from '../../ports/administration/operations.js';
import type { OrderProgress } from '../../ports/administration/order-progress.js';
import type { StoreContents, StoreLine } from '../../ports/administration/store-contents.js';
import type { AlienImages, Queries } from '../../ports/administration/queries.js';
import type { MirrorName } from '../../ports/records/records.js';
import type { ApiConnection } from './api-connection.js';
import { ApiUnreachableError } from './api-errors.js';
import { eventsOf } from './event-stream.js';

/** An order failed at the other side; the message is the one that a direct call would have had. */
export class RemoteFailure extends Error {
  override readonly name = 'RemoteFailure';
  constructor(
    readonly code: string | null,
    message: string,
  ) {
    super(message);
  }
}

const NOTHING: Lists = {
  nodes: [],
  uploads: [],
  builds: [],
  requests: [],
  labels: [],
  imageStatus: [],
  imageProblems: [],
  damaged: [],
};

/** The administration port of a running daemon. Questions are answered from lists that were fetched when it was opened. */
export class HttpAdministration implements AdministrationPort {
  readonly queries: Queries;
  readonly aliens: AlienImages;
  readonly commands: Commands;
  readonly inquiries: Inquiries;
  readonly progress: OrderProgress;
  readonly contents: StoreContents;

  private constructor(
    private readonly connection: ApiConnection,
    lists: Lists,
    mirrors: readonly MirrorName[],
  ) {
    this.queries = queriesFrom(lists, mirrors);
    this.aliens = { find: (provider, signal) => this.ask('alien-images', [provider ?? null], { signal }) };
    this.inquiries = {
      ask: (kind, id, addresses, signal, changes = []) =>
        changes.length === 0
          ? this.ask('explain', [kind, id, addresses], { signal })
          : this.ask('explain-if', [kind, id, addresses, changes], { signal }),
    };
    this.progress = {
      build: (image, report, signal) => this.ask('follow-build', [image], { signal, report }),
      deletion: (id, report, signal) => this.ask('follow-deletion', [id], { signal, report }),
    };
    this.contents = { read: (whole) => this.readContents(whole) };
    this.commands = this.orders();
  }

  /** @param mirrors what will be asked about. @throws ApiUnreachableError, ApiProblemError */
  static async open(connection: ApiConnection, mirrors: readonly MirrorName[]): Promise<HttpAdministration> {
    const bare = new HttpAdministration(connection, NOTHING, mirrors);
    if (mirrors.length > 0) return new HttpAdministration(connection, await bare.ask<Lists>('lists', []), mirrors);
    await bare.ask('greet', []);
    return bare;
  }

  private async readContents(whole: boolean): Promise<readonly StoreLine[]> {
    const lines: StoreLine[] = [];
    const count = await this.ask('store-contents', [whole], { report: (line) => lines.push(line) });
    if (count !== lines.length)
      throw new ApiUnreachableError(this.connection.address.name, 'records were lost on the way', true);
    return lines;
  }

  private orders(): Commands {
    return {
      nodes: {
        delete: (id, options, signal) => this.ask('node-delete', [id, options?.now === true], { signal }),
        hold: (id, options, signal) => this.ask('node-hold', [id, options?.reason ?? null], { signal }),
      },
      requests: { delete: (id) => this.ask('request-delete', [id]) },
      images: {
        build: (image) => this.ask('image-build', [image]),
        deleteUpload: ({ image, build, provider, upload }) =>
          this.ask('upload-delete', [{ image, build, provider, upload }]),
        deleteBuild: (id) => this.ask('build-delete', [id]),
        pause: (image) => this.ask('image-pause', [image]),
        unpause: (image) => this.ask('image-unpause', [image]),
      },
      data: {
        eraseUploads: (provider) => this.ask('erase-uploads', [provider]),
        eraseNodes: (provider) => this.ask('erase-nodes', [provider]),
        exportImages: () => this.ask('export-images', []),
        importImages: (data) => this.ask('import-images', [data]),
      },
    };
  }

  private async ask<T>(
    operation: OperationName,
    args: readonly unknown[],
    { signal, report }: { readonly signal?: AbortSignal | undefined; readonly report?: (progress: never) => void } = {},
  ): Promise<T> {
    const call = {
      method: 'POST',
      path: `api/v1/admin/${operation}/events`,
      body: { args },
      headers: { accept: 'text/event-stream' },
      signal,
    } as const;
    for await (const { event, data } of eventsOf(this.connection.lines(call))) {
      if (event === 'result') return fromWire(data) as T;
      if (event === 'progress') report?.(fromWire(data) as never);
      if (event === 'failed') {
        const { code, message } = fromWire(data) as { readonly code: string | null; readonly message: string };
        throw new RemoteFailure(code, message);
      }
    }
    throw new ApiUnreachableError(this.connection.address.name, 'the connection ended before the answer did', true);
  }
}

const PLACES: Readonly<Partial<Record<MirrorName, string>>> = {
  nodes: '/nodepool/nodes',
  requests: '/nodepool/requests',
  images: '/nodepool/images',
};

/** As with mirrors: what was not asked for is empty. */
function queriesFrom(lists: Lists, mirrors: readonly MirrorName[]): Queries {
  const of = <T>(mirror: MirrorName, rows: readonly T[]): readonly T[] => (mirrors.includes(mirror) ? rows : []);
  const uploads = of('images', lists.uploads);
  const nodes = of('nodes', lists.nodes);
  const places = mirrors.flatMap((mirror) => PLACES[mirror] ?? []);
  return {
    nodes: (id) => (id === undefined ? nodes : nodes.filter((node) => node.id === id)),
    uploads: () => uploads,
    builds: () => of('images', lists.builds),
    requests: () => of('requests', lists.requests),
    labels: () => of('launchers', lists.labels),
    imageStatus: () => of('images', lists.imageStatus),
    imageProblems: () => of('builders', lists.imageProblems),
    providerData: (provider) => providerDataOf(provider, uploads, nodes),
    damaged: () => lists.damaged.filter(({ path }) => places.some((place) => path.startsWith(place))),
  };
}
