import { readLogConfig } from '../../adapters/pino/config/read-log-config.js';
import type { LogTarget } from '../../adapters/pino/pino-logger.js';
import { PinoLogger } from '../../adapters/pino/pino-logger.js';

export interface LogOptions {
  /** Where the log goes unless a logging configuration says otherwise. */
  readonly logTo: LogTarget;
  readonly debug: boolean;
  /** Without `debug` and without a logging configuration; default: info. */
  readonly level?: 'info' | 'warn';
  /** From `-l`; null without. */
  readonly logConfigPath?: string | null;
}

/** Opens the log; it is complete however the process ends. @throws LogConfigError, or Error when the log file cannot be opened */
export function openLog(options: LogOptions): PinoLogger {
  const logger = open(options);
  process.on('exit', () => logger.flushNow());
  return logger;
}

function open({ logTo, debug, level = 'info', logConfigPath = null }: LogOptions): PinoLogger {
  if (logConfigPath !== null) {
    const config = readLogConfig(logConfigPath);
    const logger = PinoLogger.configured(config);
    for (const warning of config.warnings) logger.child('config').warn(warning);
    return logger;
  }
  try {
    return PinoLogger.open({ target: logTo, level: debug ? 'debug' : level });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const file = typeof logTo === 'object' ? logTo.file : logTo;
    throw new Error(
      `The log ${file} cannot be opened (${code ?? message}): create its folder, or say with -l where logs go`,
      {
        cause: error,
      },
    );
  }
}
