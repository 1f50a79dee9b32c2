import { downPorts, leaked } from '../../domain/metrics/launcher-metrics.js';
import type { LeakedResourceKind, LeakedResourceProvider } from '../../ports/compute/leaked-resources.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { LauncherServices } from './services.js';

const CALL_DEADLINE = 120;

/** What looked abandoned at the last check that counts. */
interface Suspects {
  readonly ids: ReadonlySet<string>;
  /** Monotonic time of that look. */
  readonly since: number;
}

/**
 * Removes ports and floating addresses that looked abandoned in two checks, more than the kind's interval apart, so that what is just
 * being made for a server is never hit (spec BUILDER 6.11, LAUNCHER 2.11).
 */
export class LeakedResources {
  private readonly suspects = new Map<string, Suspects>();

  constructor(private readonly services: Pick<LauncherServices, 'clock' | 'logger' | 'metrics'>) {}

  /** One look at one provider. Trouble with one kind keeps nobody from looking at the others. */
  async check(provider: string, source: LeakedResourceProvider, signal: AbortSignal): Promise<void> {
    for (const kind of source.kinds) {
      try {
        await this.checkKind(provider, kind, source, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        this.services.logger.warn(`The ${kind.name} of ${provider} could not be cleaned up`, errorFields(error));
      }
    }
  }

  private async checkKind(
    provider: string,
    kind: LeakedResourceKind,
    source: LeakedResourceProvider,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.services;
    const key = `${provider} ${kind.name}`;
    const before = this.suspects.get(key);
    const now = clock.monotonic();
    if (before && now - before.since <= kind.interval) return;
    const ids = await withDeadline(clock, CALL_DEADLINE, `listing ${kind.name} of ${provider}`, signal, (inner) =>
      source.list(kind, inner),
    );
    const left = new Set(ids);
    this.suspects.set(key, { ids: left, since: now });
    for (const id of ids.filter((one) => before?.ids.has(one))) {
      if (await this.remove(provider, kind, id, source, signal)) left.delete(id);
    }
  }

  private async remove(
    provider: string,
    kind: LeakedResourceKind,
    id: string,
    source: LeakedResourceProvider,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock, logger, metrics } = this.services;
    try {
      await withDeadline(clock, CALL_DEADLINE, `removing ${id}`, signal, (inner) => source.remove(kind, id, inner));
    } catch (error) {
      if (signal.aborted) throw error;
      logger.warn(`${id}, one of the abandoned ${kind.name} of ${provider}, could not be removed`, errorFields(error));
      return false;
    }
    logger.info(`Removed ${id}, one of the abandoned ${kind.name} of ${provider}`, { provider });
    metrics.count(leaked(provider, kind.name));
    if (kind.name === 'ports') metrics.count(downPorts(provider));
    return true;
  }
}
