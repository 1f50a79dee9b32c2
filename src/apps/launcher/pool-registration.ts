import type { PoolConfig } from '../../domain/config/config.js';
import type { Announcement, PoolAnnouncement } from '../../ports/records/launchers.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { PoolIdentity } from '../../domain/model/launcher.js';
import type { LauncherServices } from './services.js';

/** What other launchers are told of one pool, as long as it is served. */
export class PoolRegistration {
  private announcement: Announcement<PoolAnnouncement> | null = null;
  private last: { readonly pool: PoolConfig; readonly paused: boolean } | null = null;

  constructor(
    private readonly services: Pick<LauncherServices, 'records' | 'config' | 'host' | 'version'>,
    private readonly identity: PoolIdentity,
    /** Need pools that come after this one not wait for it? */
    private readonly paused: () => boolean,
    private readonly logger: Logger,
  ) {}

  async begin(): Promise<void> {
    const initial = this.announced();
    if (initial) this.announcement = await this.services.records.launchers.announcePool(initial);
  }

  /** Tells the other launchers if what concerns them has changed. Never rejects. */
  async update(): Promise<void> {
    const announced = this.announced();
    const pool = this.pool();
    if (!announced || !pool) return;
    const { paused } = announced;
    if (this.last?.pool === pool && this.last.paused === paused) return;
    try {
      await this.announcement?.update(announced);
      this.last = { pool, paused };
    } catch (error) {
      this.logger.warn('The registration could not be updated', errorFields(error));
    }
  }

  async withdraw(): Promise<void> {
    await this.announcement?.withdraw();
  }

  private pool(): PoolConfig | undefined {
    return this.services.config.current.providers.get(this.identity.provider)?.pools.get(this.identity.name);
  }

  private announced(): PoolAnnouncement | undefined {
    const pool = this.pool();
    if (!pool) return undefined;
    const { host, version } = this.services;
    return {
      id: this.identity.launcherId,
      hostname: host.hostname,
      version,
      providerName: this.identity.provider,
      poolName: this.identity.name,
      supportedLabels: [...pool.labels.keys()],
      priority: pool.priority,
      paused: this.paused(),
      state: 'running',
    };
  }
}
