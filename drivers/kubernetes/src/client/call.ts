/** One HTTP call, and its answer as it comes. */
import type { IncomingMessage } from 'node:http';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Clock } from 'nodepool/driver';
import { Failure } from '../failure.js';
import { apiFailure } from './api-failure.js';
import type { KubeAccess } from './kube-access.js';
import type { Status } from './objects.js';

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With query. */
  readonly path: string;
  readonly body?: unknown;
  /** In words, for errors: no body, no credentials. */
  readonly what: string;
  /** Seconds until somebody has to have said something. */
  readonly patience: number;
}

/**
 * Sends a call and answers as soon as the server has begun to.
 * @throws Failure, or the signal's reason; a refusal is an `ApiFailure`
 */
export async function send(
  access: KubeAccess,
  call: Call,
  clock: Clock,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const response = await begin(access, call, clock, signal);
  const { statusCode = 0 } = response;
  if (statusCode >= 200 && statusCode < 300) return response;
  throw apiFailure(call.what, statusCode, await statusOf(response), seconds(response.headers['retry-after']));
}

function begin(access: KubeAccess, call: Call, clock: Clock, signal: AbortSignal): Promise<IncomingMessage> {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const url = new URL(access.server + call.path);
  const request = url.protocol === 'http:' ? plainRequest : tlsRequest;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: call.method,
      agent: access.agent,
      headers: {
        accept: 'application/json',
        'user-agent': 'nodepool-driver-kubernetes',
        ...access.headers,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    });
    const cancel = clock.schedule(call.patience, () => {
      outgoing.destroy(new Error(`no answer for ${call.patience} s`));
    });
    const onAbort = (): void => void outgoing.destroy(new Error('called off'));
    signal.addEventListener('abort', onAbort, { once: true });
    const over = (): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
    };
    outgoing.once('response', (response) => {
      over();
      resolve(response);
    });
    outgoing.once('error', (error) => {
      over();
      reject(signal.aborted ? reasonOf(signal) : unreachable(call, error));
    });
    outgoing.end(body);
  });
}

export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Certificates that do not fit are a matter of the configuration; everything else may pass. */
function unreachable({ what, method }: Call, error: NodeJS.ErrnoException): Failure {
  const code = error.code ?? '';
  const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code);
  const words = `${what}: the API server cannot be reached: ${code === '' ? error.message : code}`;
  if (untrusted) return new Failure('configuration', words, { metric: 'error.kubernetes' });
  return new Failure('transient', words, {
    metric: 'error.kubernetes',
    ...(method === 'GET' ? {} : { unanswered: true }),
  });
}

async function statusOf(response: IncomingMessage): Promise<Status | null> {
  try {
    return JSON.parse(await text(response)) as Status;
  } catch {
    // A proxy has answered.
    return null;
  }
}

function seconds(header: string | undefined): number | undefined {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;
}
