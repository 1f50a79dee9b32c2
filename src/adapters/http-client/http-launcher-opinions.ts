import type { SubjectKind } from '../../domain/explain/explanation.js';
import type { LauncherAnswer } from '../../ports/administration/explanations.js';
import type { LauncherOpinions } from '../../ports/administration/launcher-opinions.js';
import { asError } from '../../ports/toolkit/sleep.js';
import { readOpinions } from './read-opinions.js';

export interface HttpLauncherOpinionsOptions {
  /** Seconds until a launcher counts as silent. */
  readonly timeout?: number;
}

const TIMEOUT = 2;
/** Characters; an explanation has a few thousand. */
const MOST = 1_000_000;

/** Asks `/explain/…` of web interfaces. */
export class HttpLauncherOpinions implements LauncherOpinions {
  private readonly timeout: number;

  constructor(options: HttpLauncherOpinionsOptions = {}) {
    this.timeout = options.timeout ?? TIMEOUT;
  }

  async ask(
    address: string,
    kind: SubjectKind,
    id: string,
    signal?: AbortSignal,
    changes: readonly string[] = [],
  ): Promise<LauncherAnswer> {
    try {
      const path = kind === 'fleet' ? 'explain' : `explain/${kind}/${encodeURIComponent(id)}`;
      const url = new URL(path, `${base(address)}/`);
      for (const change of changes) url.searchParams.append('if', change);
      const late = AbortSignal.timeout(this.timeout * 1000);
      const response = await fetch(url, {
        headers: { Accept: 'application/json' },
        redirect: 'error',
        signal: signal ? AbortSignal.any([late, signal]) : late,
      });
      const text = await readText(response);
      if (response.status === 404) return { address, kind: 'unknown' };
      if (response.status !== 200) return { address, kind: 'silent', problem: `it answered ${response.status}` };
      const answer = readOpinions(text);
      return answer
        ? { address, kind: 'answered', ...answer }
        : { address, kind: 'silent', problem: 'its answer is no explanation' };
    } catch (error) {
      return { address, kind: 'silent', problem: this.describe(asError(error)) };
    }
  }

  private describe(error: Error): string {
    if (error.name === 'TimeoutError') return `no answer within ${this.timeout} s`;
    return error.cause instanceof Error ? error.cause.message || error.message : error.message;
  }
}

/** `host:port` will do. */
function base(address: string): string {
  const url = /^https?:\/\//.test(address) ? address : `http://${address}`;
  return url.replace(/\/+$/, '');
}

async function readText({ body }: Response): Promise<string> {
  let text = '';
  if (!body) return text;
  const decoder = new TextDecoder();
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MOST) throw new Error('its answer is too long');
  }
  return text;
}
