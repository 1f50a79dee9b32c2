import type { Logger, LogFields } from '../../../src/ports/telemetry/logger.js';
import type { SimProcess } from './sim-process.js';

/** Messages of tasks that are never started again. */
const DEAD_TASK = /^the .*failed$/;

/** Writes into the chronicle. A long-running task that has died is a violation. */
export class SimLogger implements Logger {
  constructor(
    private readonly process: SimProcess,
    private readonly name = '',
    private readonly fields: LogFields = {},
  ) {}

  debug(_message: string, _fields?: LogFields): void {
    // Too much of it.
  }

  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.write('error', message, fields);
    if (DEAD_TASK.test(message)) {
      this.process.chronicle.fail('no task dies', `${this.process.name}: ${message}: ${problem({ ...fields })}`);
    }
  }

  child(name: string, fields?: LogFields): SimLogger {
    return new SimLogger(this.process, name, { ...this.fields, ...fields });
  }

  private write(level: string, message: string, fields?: LogFields): void {
    if (this.process.dead) return;
    const { request, node } = { ...this.fields, ...fields } as Record<string, unknown>;
    const about = [request, node].filter((id) => typeof id === 'string').join(' ');
    this.process.chronicle.say(
      this.process.name,
      `[${level}] ${this.name}: ${message} ${about} ${problem({ ...fields })}`.trimEnd(),
    );
  }
}

function problem(fields: Record<string, unknown>): string {
  const error = fields['err'] ?? fields['error'];
  if (error instanceof Error) return `(${error.name}: ${error.message})`;
  const because = fields['because'];
  return because === undefined ? '' : JSON.stringify(because);
}
