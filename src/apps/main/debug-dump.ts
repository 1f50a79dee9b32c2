import { tmpdir } from 'node:os';
import { CpuProfile } from '../../adapters/diagnostics/cpu-profile.js';
import { DebugDump } from '../../adapters/diagnostics/debug-dump.js';
import { RuntimeFacts } from '../../adapters/diagnostics/runtime-facts.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { StatusSource } from '../../ports/telemetry/status.js';

/** From now on SIGUSR2 gives a look into the process. Profiles go to `NODEPOOL_PROFILE_DIR`, or where temporary files belong. */
export function dumpOnSignal(program: string, logger: Logger, sources: readonly StatusSource[]): void {
  const folder = process.env['NODEPOOL_PROFILE_DIR'] ?? tmpdir();
  const dump = new DebugDump({
    logger: logger.child('stack_dump'),
    sources,
    facts: new RuntimeFacts(),
    profile: new CpuProfile({ folder, program }),
  });
  process.on('SIGUSR2', () => void dump.run());
}
