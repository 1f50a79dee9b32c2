import { EXEC_DRIVER, EXEC_SCHEMA, execSettings } from '../../domain/config/exec-driver.js';
import type { ProviderConfig } from '../../domain/config/config.js';
import { DRIVER_API_VERSION } from '../../ports/compute/driver-api.js';
import type { DriverPlugin } from '../../ports/compute/driver-api.js';
import type { DriverContext } from '../../ports/compute/driver.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type { Provider } from '../../ports/compute/provider.js';
import type { ChildPrograms } from '../../ports/runtime/child-programs.js';
import { ExecProvider } from './exec-provider.js';
import { ExecSession } from './exec-session.js';

/** What a program finds in its environment besides what the configuration gives it. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TMPDIR'];

/** The driver `exec`: providers in programs of their own, in any language (docs/reference/exec-driver-protocol.md). */
export class ExecDriver implements DriverPlugin {
  readonly name = EXEC_DRIVER;
  readonly apiVersion = DRIVER_API_VERSION;
  readonly version = DRIVER_API_VERSION;
  /** As much as a program may have; what it really has, it says in its greeting. */
  readonly capabilities = { images: true, quota: true, leaks: true, zones: true, console: true };
  readonly configSchema = EXEC_SCHEMA;

  constructor(
    private readonly programs: ChildPrograms,
    /** Of this process. */
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  createProvider(config: ProviderConfig, context: DriverContext): Provider {
    const { command, environment } = execSettings(config);
    const [program, ...args] = command;
    if (program === undefined) throw new ProviderError('configuration', 'command names no program');
    const inherited = INHERITED.flatMap((name) => {
      const value = this.environment[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const env = { ...Object.fromEntries(inherited), ...environment };
    const spec = { argv: [program, ...args] as const, env };
    return new ExecProvider(config, context, () => new ExecSession(this.programs, spec, context.clock, context.logger));
  }
}
