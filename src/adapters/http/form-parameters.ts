import type { IncomingMessage } from 'node:http';

/** Bytes; the parameters we know are short. */
const LIMIT = 64 * 1024;

/** The client's form cannot be read: it is longer than any sensible one (413), or broke off (400). */
export class FormError extends Error {
  override readonly name = 'FormError';
  constructor(
    readonly status: 400 | 413,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Adds the fields of a form body, if there is one, to the parameters of the query (spec BUILDER 4.2). @throws FormError */
export async function readParameters(request: IncomingMessage, query: string): Promise<URLSearchParams> {
  const parameters = new URLSearchParams(query);
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return parameters;
  for (const [name, value] of new URLSearchParams(await readBody(request))) parameters.append(name, value);
  return parameters;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LIMIT) throw new FormError(413, 'The form is too long.');
      chunks.push(chunk);
    }
  } catch (error: unknown) {
    if (error instanceof FormError) throw error;
    throw new FormError(400, 'The form broke off.', { cause: error });
  }
  return Buffer.concat(chunks).toString();
}
