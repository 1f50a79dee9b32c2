import { isSeconds } from './check-value.js';
import { textOf, type Values } from './parsed-values.js';
import type { CommonOptions } from './session.js';

/** Seconds that connecting may take. The original waits for ever, and leaves it to the operator to guess for what. */
const CONNECT_TIMEOUT = 30;
const CONNECT_VARIABLE = 'NODEPOOL_CONNECT_TIMEOUT';
const URL_VARIABLE = 'NODEPOOL_URL';

const DEFAULT_CONFIG = '/etc/nodepool/nodepool.yaml';

/** An environment variable has a value that cannot be used. */
class UnusableTimeoutError extends Error {
  readonly code = 'NP_UNUSABLE_TIMEOUT';
  override readonly name = 'UnusableTimeoutError';
}

/** The options before the subcommand; what is not given is in the environment, or has a default. @throws UnusableTimeoutError */
export function commonOptions(values: Values, environment: Readonly<Record<string, string>>): CommonOptions {
  return {
    configPath: textOf(values, '-c') ?? DEFAULT_CONFIG,
    securePath: textOf(values, '-s') ?? null,
    logConfigPath: textOf(values, '-l') ?? null,
    debug: values.has('--debug'),
    connectTimeout: connectTimeout(textOf(values, '--connect-timeout') ?? environment[CONNECT_VARIABLE]),
    url: (textOf(values, '--url') ?? environment[URL_VARIABLE] ?? '').trim() || null,
  };
}

function connectTimeout(given: string | undefined): number {
  if (given === undefined || given === '') return CONNECT_TIMEOUT;
  if (!isSeconds(given)) {
    throw new UnusableTimeoutError(`${CONNECT_VARIABLE}: expected a number of seconds (0: no limit), found '${given}'`);
  }
  return Number(given) === 0 ? Infinity : Number(given);
}
