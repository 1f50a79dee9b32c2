/** Structured log. Messages are sentences; facts go into `fields`. Secrets never reach either. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  /** Are debug lines of this logger written anywhere? Whoever would have to work for one asks first; undefined counts as no. */
  readonly debugs?: boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each line; `name` is appended to the dotted logger name. */
  child(name: string, fields?: LogFields): Logger;
}

export function errorFields(error: unknown): LogFields {
  return { err: error };
}
