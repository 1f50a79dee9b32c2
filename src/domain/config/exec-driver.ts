/** The keys of `driver: exec`, whose provider is a program of its own (docs/reference/exec-driver-protocol.md). */
import type { ProviderConfig } from './config.js';
import type { DriverConfigSchema } from './driver-config-schema.js';

export const EXEC_DRIVER = 'exec';

export const EXEC_SCHEMA: DriverConfigSchema = {
  provider: {
    command: {
      kind: 'text-list',
      required: true,
      about: 'the program and its arguments, e.g. [/usr/local/bin/my-driver, --verbose]; no shell reads it',
    },
    environment: {
      kind: 'text-map',
      default: {},
      secret: true,
      about: 'variables of the program besides PATH, HOME, LANG and TMPDIR; the place for credentials',
    },
    settings: { kind: 'map', default: {}, about: 'handed to the program as it is' },
    'start-timeout': { kind: 'seconds', default: 30, about: 'seconds the program has to say hello' },
  },
  pool: { settings: { kind: 'map', default: {}, about: 'handed to the program as it is' } },
  label: { settings: { kind: 'map', default: {}, about: 'handed to the program as it is' } },
};

export interface ExecSettings {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Seconds. */
  readonly startTimeout: number;
}

/** Valid for providers whose section was read after `EXEC_SCHEMA`. */
export function execSettings({ settings }: ProviderConfig): ExecSettings {
  return {
    command: settings['command'] as readonly string[],
    environment: settings['environment'] as Readonly<Record<string, string>>,
    settings: settings['settings'] as Readonly<Record<string, unknown>>,
    startTimeout: settings['start-timeout'] as number,
  };
}
