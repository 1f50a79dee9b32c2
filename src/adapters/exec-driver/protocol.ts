/** The messages between us and a driver's program (docs/reference/exec-driver-protocol.md): one JSON object a line. */
import { ProviderError } from '../../ports/compute/errors.js';
import type { ProviderErrorKind } from '../../ports/compute/errors.js';

/** `major.minor`; a program fits if its major is the same. */
export const EXEC_PROTOCOL = '1.1';

export type ExecMethod =
  | 'hello'
  | 'limits'
  | 'zones'
  | 'label'
  | 'create'
  | 'wait'
  | 'delete'
  | 'list'
  | 'console'
  | 'image-upload'
  | 'image-remove'
  | 'image-list';

export interface ExecRequest {
  readonly id: number;
  readonly method: ExecMethod;
  readonly params: Readonly<Record<string, unknown>>;
  /** Seconds that we wait for the answer. */
  readonly deadline: number;
  /** The same whenever the same thing is asked for again: doing it twice must not make two of it. */
  readonly key?: string;
}

export type ExecMessage =
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ProviderError }
  | { readonly kind: 'progress'; readonly id: number; readonly text: string }
  | { readonly kind: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly text: string }
  | { readonly kind: 'garbage' };

const KINDS: readonly unknown[] = [
  'quota',
  'capacity',
  'rate',
  'authentication',
  'not-found',
  'configuration',
  'transient',
] satisfies readonly ProviderErrorKind[];

/** Understands a line. Never throws. */
export function readMessage(line: string): ExecMessage {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'garbage' };
  }
  if (typeof value !== 'object' || value === null) return { kind: 'garbage' };
  const { id, result, error, progress, log, level } = value as Readonly<Record<string, unknown>>;
  if (typeof log === 'string') return { kind: 'log', level: levelOf(level), text: log };
  if (typeof id !== 'number') return { kind: 'garbage' };
  if (progress !== undefined) {
    return { kind: 'progress', id, text: typeof progress === 'string' ? progress : JSON.stringify(progress) };
  }
  if (error !== undefined) return { kind: 'error', id, error: readError(error) };
  return 'result' in value ? { kind: 'result', id, result } : { kind: 'garbage' };
}

function levelOf(level: unknown): 'debug' | 'info' | 'warn' | 'error' {
  return level === 'debug' || level === 'warn' || level === 'error' ? level : 'info';
}

function readError(error: unknown): ProviderError {
  const facts = (typeof error === 'object' && error !== null ? error : {}) as Readonly<Record<string, unknown>>;
  const { kind, message, externalId, metric } = facts;
  const text =
    typeof message === 'string' ? message : typeof error === 'string' ? error : 'the program does not say why';
  return new ProviderError(KINDS.includes(kind) ? (kind as ProviderErrorKind) : 'transient', text, {
    ...(typeof externalId === 'string' ? { externalId } : {}),
    ...(typeof metric === 'string' ? { metric } : {}),
  });
}

export interface ExecHello {
  readonly name: string;
  readonly version: string;
  readonly capabilities: {
    readonly images: boolean;
    readonly quota: boolean;
    readonly zones: boolean;
    readonly console: boolean;
    /** Answers `label`. */
    readonly labels: boolean;
  };
}

/** @throws ProviderError kind `configuration` when the program speaks another protocol */
export function readHello(result: unknown): ExecHello {
  const facts = (typeof result === 'object' && result !== null ? result : {}) as Readonly<Record<string, unknown>>;
  const { protocol, name, version, capabilities } = facts;
  const [major] = EXEC_PROTOCOL.split('.');
  if (typeof protocol !== 'string' || protocol.split('.')[0] !== major) {
    const theirs = typeof protocol === 'string' ? protocol : 'none that it names';
    throw new ProviderError('configuration', `the program speaks protocol ${theirs}, this Nodepool ${EXEC_PROTOCOL}`);
  }
  const can = (typeof capabilities === 'object' && capabilities !== null ? capabilities : {}) as Record<
    string,
    unknown
  >;
  return {
    name: typeof name === 'string' ? name : 'unnamed',
    version: typeof version === 'string' ? version : 'unknown',
    capabilities: {
      images: can['images'] === true,
      quota: can['quota'] === true,
      zones: can['zones'] === true,
      console: can['console'] === true,
      labels: can['labels'] === true,
    },
  };
}
