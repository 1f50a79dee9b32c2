/** The npm package `zookeeper` as far as `NativeClient` knows it, doing what a test says. */

type Done = (code: number, message: string) => void;

const CONNECTED = 3;
const CONNECTING = 1;
const EXPIRED = -112;
const CONNECTION_LOSS = -4;
const CLOSING = -116;

/** One handle of the C client. */
export class ScriptedBinding {
  /** All that were made, in order. */
  static readonly made: ScriptedBinding[] = [];
  /** Thrown by the next `init`, once each. */
  static readonly problems: Error[] = [];
  /** As many of the next handles fail at once, which the binding never repeats. */
  static failing = 0;

  emit: (event: string, self: unknown, detail: unknown) => void = () => undefined;
  state = 0;
  client_id = '0';
  client_password = '00';
  closed = false;
  /** The session was ended in order: that is what closing does while connected. */
  endedSession = false;
  private underway: Done[] = [];

  constructor() {
    ScriptedBinding.made.push(this);
  }

  static reset(): void {
    ScriptedBinding.made.length = 0;
    ScriptedBinding.problems.length = 0;
    ScriptedBinding.failing = 0;
  }

  static get last(): ScriptedBinding {
    const last = ScriptedBinding.made.at(-1);
    if (!last) throw new Error('no handle was made');
    return last;
  }

  /** Those that somebody has to close. */
  static get open(): readonly ScriptedBinding[] {
    return ScriptedBinding.made.filter(({ closed }) => !closed);
  }

  init(config: { readonly client_id?: string; readonly client_password?: string }): void {
    const problem = ScriptedBinding.problems.shift();
    if (problem) {
      this.closed = true;
      throw problem;
    }
    if (config.client_id !== undefined) this.client_id = config.client_id;
    ScriptedBinding.failing -= 1;
    this.state = ScriptedBinding.failing >= 0 ? 0 : CONNECTING;
  }

  a_create(_path: string, _data: unknown, _flags: number, done: Done): number {
    return this.take(done);
  }

  a_exists(_path: string, _watch: boolean, done: Done): number {
    return this.take(done);
  }

  close(): void {
    if (this.closed) return;
    this.endedSession = this.state === CONNECTED;
    this.over(CLOSING);
  }

  /** A server takes it on, in the session it asked for or in a new one. */
  connect(session: string): void {
    if (this.closed || this.state === CONNECTED) return;
    this.state = CONNECTED;
    this.client_id = session;
    this.emit('connect', this, undefined);
  }

  disconnect(): void {
    if (this.closed || this.state !== CONNECTED) return;
    this.state = CONNECTING;
    this.emit('connecting', this, undefined);
    this.answer(CONNECTION_LOSS);
  }

  expire(): void {
    if (this.closed) return;
    this.over(EXPIRED);
  }

  answer(code: number): void {
    const underway = this.underway;
    this.underway = [];
    for (const done of underway) done(code, '');
  }

  private take(done: Done): number {
    if (this.closed) return -9;
    this.underway.push(done);
    return 0;
  }

  /** Calls first, then the event, as the C client does it. */
  private over(code: number): void {
    this.closed = true;
    this.state = 0;
    this.answer(code);
    this.emit('close', this, code);
  }
}
