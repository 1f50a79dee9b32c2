import type { LogFields, Logger } from '../../../ports/telemetry/logger.js';

const HIDDEN = '[redacted]';
const DEEPEST = 6;

/** Cuts the values of secret keys out of everything that a driver says. */
export class Secrets {
  /** @param values longest first, so that none is left in part */
  constructor(private readonly values: readonly string[]) {}

  hideIn(text: string): string {
    let hidden = text;
    for (const value of this.values) hidden = hidden.replaceAll(value, HIDDEN);
    return hidden;
  }

  /** An error with the same words, as far as they may be said. */
  hideInError(error: Error): Error {
    const copy = new Error(this.hideIn(error.message));
    copy.name = error.name;
    if (error.stack !== undefined) copy.stack = this.hideIn(error.stack);
    return copy;
  }

  hideInFields(fields: LogFields): LogFields {
    return this.hideInValue(fields, 0) as LogFields;
  }

  private hideInValue(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.hideIn(value);
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Error) return this.hideInError(value);
    if (depth >= DEEPEST) return '[…]';
    if (Array.isArray(value)) return value.map((item: unknown) => this.hideInValue(item, depth + 1));
    const entries = Object.entries(value).map(([key, member]) => [key, this.hideInValue(member, depth + 1)] as const);
    return Object.fromEntries(entries);
  }
}

export interface LineBudget {
  /** Whether one more line may be written now. */
  take(): boolean;
}

/** The log as a driver gets it: without its secrets, and not without end. */
export class DriverLogger implements Logger {
  constructor(
    private readonly logger: Logger,
    private readonly secrets: Secrets,
    private readonly budget: LineBudget,
  ) {}

  get debugs(): boolean {
    return this.logger.debugs === true;
  }

  debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.write('error', message, fields);
  }

  child(name: string, fields: LogFields = {}): Logger {
    const child = this.logger.child(String(name), this.secrets.hideInFields(fields));
    return new DriverLogger(child, this.secrets, this.budget);
  }

  private write(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: LogFields = {}): void {
    if (!this.budget.take()) return;
    this.logger[level](this.secrets.hideIn(String(message)), this.secrets.hideInFields(fields));
  }
}
