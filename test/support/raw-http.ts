import { request } from 'node:http';

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface RawTarget {
  readonly host?: string;
  readonly port?: number;
  readonly socketPath?: string;
}

/** One request without any header of our own, unlike `fetch`; a body that is a list is sent in chunks. */
export function rawHttp(
  target: RawTarget,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body: string | Buffer | readonly (string | Buffer)[] = '',
): Promise<RawReply> {
  // For some methods the client would send a body without saying how long it is.
  const length =
    Array.isArray(body) || body.length === 0 ? {} : { 'Content-Length': String(Buffer.byteLength(body as string)) };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', ...target, path, method, headers: { ...length, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    if (Array.isArray(body)) for (const chunk of body as readonly (string | Buffer)[]) outgoing.write(chunk);
    outgoing.end(Array.isArray(body) ? undefined : body);
  });
}
