import type { NodepoolConfig } from '../../domain/config/config.js';
import type { LabelRoom } from '../../domain/model/label-room.js';
import type { LeaseCondition } from '../../domain/model/lease.js';
import type { RequestId } from '../../domain/model/request.js';
import type { KeyInstaller } from '../../ports/leasing/key-installer.js';
import type { Records } from '../../ports/records/records.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Random } from '../../ports/runtime/random.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { Metrics } from '../../ports/telemetry/metrics.js';

/** What every part of the gateway may use. */
export interface LeaseServices {
  readonly records: Records;
  readonly config: { readonly current: NodepoolConfig };
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly keys: KeyInstaller;
  /** How many nodes of a label the pool of a provider could make now; 0 for pools that are not ours. */
  readonly room: (provider: string, pool: string, label: string) => LabelRoom;
  /** Why a request waits or has failed, as the launchers say. Bounded in time; never rejects. */
  readonly conditions: (request: RequestId) => Promise<readonly LeaseCondition[]>;
}
