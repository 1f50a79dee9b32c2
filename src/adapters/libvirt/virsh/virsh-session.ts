import type { Clock } from '../../../ports/runtime/clock.js';
import type {
  ChildProgram,
  ChildProgramEnd,
  ChildPrograms,
  ChildProgramSpec,
} from '../../../ports/runtime/child-programs.js';
import { errorLines, VirshError, virshError } from './virsh-error.js';
import { commandLine } from './virsh-words.js';

/** Characters of one answer; the list of a host with ten thousand machines is smaller. */
const LONGEST_ANSWER = 32 << 20;
const STOP_GRACE = 1;
/** virsh writes `error: ` before it. */
const END_MARK = /\bnp-E-\d+$/;

interface RunningCommand {
  readonly start: string;
  readonly end: string;
  readonly output: string[];
  readonly errors: string[];
  size: number;
  started: boolean;
  outputEnded: boolean;
  errorsEnded: boolean;
  readonly settle: (result: string | VirshError) => void;
}

/**
 * A `virsh` that reads command after command. Marks before and after each, echoed on both streams, tell what belongs to which; they are
 * written in two pieces, so that the echo of the command itself, which virsh writes too, is not taken for them. virsh finds a lost
 * connection again by itself.
 */
export class VirshSession {
  private readonly program: ChildProgram;
  private running: RunningCommand | undefined;
  private over: VirshError | undefined;
  private count = 0;
  private readonly lastErrors: string[] = [];
  readonly ended: Promise<void>;

  constructor(
    programs: ChildPrograms,
    spec: Pick<ChildProgramSpec, 'argv' | 'env'>,
    private readonly clock: Clock,
  ) {
    this.program = programs.start({
      ...spec,
      onLine: (line) => this.hearOutput(line),
      onErrorLine: (line) => this.hearError(line),
    });
    this.ended = this.program.ended.then((end) => this.finish(end));
  }

  get usable(): boolean {
    return this.over === undefined;
  }

  /** One at a time. Resolves with the output. @throws VirshError; after `deadline` seconds the session is ended */
  run(words: readonly string[], deadline: number): Promise<string> {
    if (this.over) return Promise.reject(this.over);
    this.count += 1;
    const [start, end] = [`S-${this.count}`, `E-${this.count}`];
    const late = this.clock.schedule(deadline, () => this.kill(`${words[0] ?? ''} took longer than ${deadline} s`));
    return new Promise<string>((resolve, reject) => {
      const settle = (result: string | VirshError): void => {
        late();
        this.running = undefined;
        if (typeof result === 'string') resolve(result);
        else reject(result);
      };
      const blank = { started: false, outputEnded: false, errorsEnded: false, size: 0 };
      this.running = { start: `np-${start}`, end: `np-${end}`, output: [], errors: [], ...blank, settle };
      const last = `echo --err 'np''-${end}'; echo 'np''-${end}'`;
      // The empty line makes virsh end the line of the last mark.
      this.program.write(`echo 'np''-${start}'; ${commandLine(words)}; ${last}\n`);
    });
  }

  kill(problem: string): void {
    this.program.kill(problem);
    this.finish({ kind: 'killed', problem });
  }

  async stop(): Promise<void> {
    await this.program.stop(STOP_GRACE);
    await this.ended;
  }

  private hearOutput(line: string): void {
    const { running } = this;
    if (!running) return;
    let text = line;
    if (!running.started) {
      const at = text.indexOf(running.start);
      if (at < 0) return;
      running.started = true;
      text = text.slice(at + running.start.length);
    }
    const end = text.indexOf(running.end);
    this.grow(running, running.output, end < 0 ? text : text.slice(0, end));
    if (end < 0) return;
    running.outputEnded = true;
    this.complete(running);
  }

  private hearError(line: string): void {
    const { running } = this;
    this.remember(line);
    if (!running) return;
    if (line.endsWith(running.end)) {
      running.errorsEnded = true;
      this.complete(running);
    } else this.grow(running, running.errors, line);
  }

  /** What was said since the last mark: words about a command that is done do not tell why virsh ended. */
  private remember(line: string): void {
    if (END_MARK.test(line)) this.lastErrors.length = 0;
    else if (this.lastErrors.push(line) > 10) this.lastErrors.shift();
  }

  private grow(running: RunningCommand, lines: string[], line: string): void {
    running.size += line.length + 1;
    if (running.size > LONGEST_ANSWER) this.kill('its answer does not end');
    else lines.push(line);
  }

  private complete(running: RunningCommand): void {
    if (!running.outputEnded || !running.errorsEnded) return;
    const failure = errorLines(running.errors);
    running.settle(failure.length > 0 ? virshError(failure.join('\n')) : running.output.join('\n'));
  }

  private finish(end: ChildProgramEnd): void {
    this.over ??= this.failure(end);
    this.running?.settle(this.over);
  }

  private failure(end: ChildProgramEnd): VirshError {
    if (end.kind === 'not-started') {
      return new VirshError('configuration', `virsh cannot be started (Debian: libvirt-clients): ${end.problem}`);
    }
    if (end.kind === 'killed') return new VirshError('unanswered', `virsh was ended: ${end.problem}`);
    const words = errorLines(this.lastErrors);
    if (words.length > 0) return virshError(words.join('\n'));
    return new VirshError('unanswered', `virsh has ended (${end.kind === 'exited' ? end.code : end.signal})`);
  }
}
