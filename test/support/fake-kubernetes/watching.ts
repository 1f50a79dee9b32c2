import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Change, ObjectStore } from './object-store.js';
import type { StoredObject } from './objects.js';
import { Refusal } from './objects.js';

export interface Watch {
  readonly plural: string;
  readonly namespace: string | null;
  readonly query: URLSearchParams;
  readonly fits: (object: StoredObject) => boolean;
  /** As it is shown: a project is a namespace that looks different. */
  readonly shown: (object: StoredObject) => object;
  readonly kind: string;
  readonly apiVersion: string;
}

/** Milliseconds; a real server sends one a minute. */
const BOOKMARKS = 200;

/** Streams changes until the time is over or somebody hangs up. */
export function serveWatch(store: ObjectStore, watch: Watch, request: IncomingMessage, response: ServerResponse): void {
  const { query, plural, namespace } = watch;
  const version = Number(query.get('resourceVersion') ?? '0');
  const send = (type: string, object: object): void => void response.write(`${JSON.stringify({ type, object })}\n`);
  const tell = ({ type, object, plural: of }: Change): void => {
    if (of === plural && (namespace === null || object.metadata.namespace === namespace) && watch.fits(object)) {
      send(type, watch.shown(object));
    }
  };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  try {
    if (version > 0) store.since(version).forEach(tell);
    else for (const object of store.list(plural, namespace).filter(watch.fits)) send('ADDED', watch.shown(object));
  } catch (error) {
    // A version that is gone is told in the stream.
    if (error instanceof Refusal) send('ERROR', error.toStatus());
    response.end();
    return;
  }
  const forget = store.onChange(tell);
  const bookmark = (): void => {
    const { apiVersion, kind } = watch;
    send('BOOKMARK', { apiVersion, kind, metadata: { resourceVersion: String(store.version) } });
  };
  const ticking =
    query.get('allowWatchBookmarks')?.toLowerCase() === 'true' ? setInterval(bookmark, BOOKMARKS) : undefined;
  const ending = setTimeout(() => response.end(), Number(query.get('timeoutSeconds') ?? '300') * 1000);
  const over = (): void => {
    forget();
    clearInterval(ticking);
    clearTimeout(ending);
  };
  request.on('close', over);
  response.on('close', over);
}
