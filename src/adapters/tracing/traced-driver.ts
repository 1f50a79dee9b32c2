import type { ProviderConfig } from '../../domain/config/config.js';
import type { Driver, DriverCapabilities, DriverContext } from '../../ports/compute/driver.js';
import type { Provider } from '../../ports/compute/provider.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { rounded } from './traced-leases.js';

/** Parts of a provider whose calls count, too. */
const PARTS = new Set<PropertyKey>(['images', 'loose', 'fixed']);

/** A driver whose providers tell of every call that asks the cloud, with the machine or image it is about, its time and its end. */
export class TracedDriver implements Driver {
  readonly name: string;
  readonly apiVersion?: string;
  readonly capabilities?: DriverCapabilities;

  constructor(private readonly driver: Driver) {
    this.name = driver.name;
    if (driver.apiVersion !== undefined) this.apiVersion = driver.apiVersion;
    if (driver.capabilities) this.capabilities = driver.capabilities;
  }

  createProvider(config: ProviderConfig, context: DriverContext): Provider {
    return traced(this.driver.createProvider(config, context), '', { ...context, provider: config.name });
  }
}

interface TraceContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly provider: string;
}

/** Every property is the target's own; only what is called is looked at. A part is the same one whenever it is asked for. */
function traced<T extends object>(target: T, prefix: string, context: TraceContext): T {
  const parts = new WeakMap<object, object>();
  const partOf = (part: object, key: PropertyKey): object => {
    const known = parts.get(part) ?? traced(part, `${String(key)}.`, context);
    parts.set(part, known);
    return known;
  };
  return new Proxy(target, {
    get(_, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value === 'function') {
        return (...args: readonly unknown[]): unknown =>
          follow(`${prefix}${String(key)}`, args, Reflect.apply(value, target, args), context);
      }
      const isPart = PARTS.has(key) && typeof value === 'object' && value !== null;
      return isPart ? partOf(value, key) : value;
    },
  });
}

/** What answers at once has not asked the cloud. */
function follow(
  call: string,
  args: readonly unknown[],
  answer: unknown,
  { clock, logger, provider }: TraceContext,
): unknown {
  if (!(answer instanceof Promise)) return answer;
  const begun = clock.monotonic();
  const facts = { provider, ...subjectOf(args[0]) };
  const seconds = (): number => rounded(clock.monotonic() - begun);
  return (answer as Promise<unknown>).then(
    (result) => {
      const about =
        typeof result === 'string' ? { answer: result } : Array.isArray(result) ? { count: result.length } : {};
      logger.debug(`${call} is done`, { ...facts, ...about, seconds: seconds() });
      return result;
    },
    (error: unknown) => {
      logger.debug(`${call} has failed`, { ...facts, seconds: seconds(), err: error });
      throw error;
    },
  );
}

/** Which machine or image a call is about. Nothing else of what it is given: there may be secrets in it. */
function subjectOf(first: unknown): Readonly<Record<string, unknown>> {
  if (typeof first === 'string') return { id: first };
  if (typeof first !== 'object' || first === null || first instanceof AbortSignal) return {};
  const { nodeId, name } = first as { readonly nodeId?: unknown; readonly name?: unknown };
  if (typeof nodeId === 'string') return { node: nodeId };
  return typeof name === 'string' ? { name } : {};
}
