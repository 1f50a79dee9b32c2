import type { BuilderIntervals } from '../builder/services.js';
import { DEFAULT_BUILDER_INTERVALS } from '../builder/services.js';
import type { LauncherIntervals } from '../launcher/services.js';
import { DEFAULT_INTERVALS } from '../launcher/services.js';

/**
 * Rhythms in seconds that tests and small installations may want shorter, from the environment:
 * `NODEPOOL_LOOP_INTERVAL` (looking for changed files, retries), `NODEPOOL_CLEANUP_INTERVAL`, `NODEPOOL_STATS_INTERVAL`.
 */
export interface Intervals {
  readonly launcher: LauncherIntervals;
  readonly builder: BuilderIntervals;
}

export function intervalsFrom(environment: Readonly<Record<string, string | undefined>>): Intervals {
  const loop = seconds(environment, 'NODEPOOL_LOOP_INTERVAL');
  const cleanup = seconds(environment, 'NODEPOOL_CLEANUP_INTERVAL');
  const stats = seconds(environment, 'NODEPOOL_STATS_INTERVAL');
  const launcher = DEFAULT_INTERVALS;
  const builder = DEFAULT_BUILDER_INTERVALS;
  return {
    launcher: {
      configCheck: loop ?? launcher.configCheck,
      poolTick: launcher.poolTick,
      deleteRetry: loop ?? launcher.deleteRetry,
      cleanup: cleanup ?? launcher.cleanup,
      stats: stats ?? launcher.stats,
    },
    builder: {
      configCheck: loop ?? builder.configCheck,
      build: loop ?? builder.build,
      upload: loop ?? builder.upload,
      cleanup: cleanup ?? builder.cleanup,
    },
  };
}

function seconds(environment: Readonly<Record<string, string | undefined>>, name: string): number | undefined {
  const text = environment[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`${name} must be a number of seconds greater than 0, not ${JSON.stringify(text)}`);
}
