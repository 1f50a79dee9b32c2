import type { LogFields, Logger } from '../../../src/ports/telemetry/logger.js';

/** Keeps what is logged. */
export class RecordingLogger implements Logger {
  constructor(readonly lines: { level: string; message: string; fields: LogFields | undefined }[] = []) {}

  debug(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'debug', message, fields });
  }
  info(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'info', message, fields });
  }
  warn(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'warn', message, fields });
  }
  error(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'error', message, fields });
  }
  child(): Logger {
    return this;
  }
}
