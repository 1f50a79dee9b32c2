import type { ChildProgram, ChildPrograms, ChildProgramSpec } from '../../src/ports/runtime/child-programs.js';

/** What becomes of the next line that is written to a program and matches. */
export interface LineFault {
  readonly on: RegExp;
  /**
   * `swallow`: the program never hears of it. `lose`: it is carried out, but the program ends before it can answer.
   * Otherwise: it is not carried out, and the program says this on its standard error instead.
   */
  readonly effect: 'swallow' | 'lose' | { readonly says: readonly string[] };
}

/** Programs of this machine, between which and us things go wrong when asked to: at the edge where they really do. */
export class FaultyPrograms implements ChildPrograms {
  private readonly faults: LineFault[] = [];

  constructor(private readonly programs: ChildPrograms) {}

  arm(fault: LineFault): void {
    this.faults.push(fault);
  }

  start(spec: ChildProgramSpec): ChildProgram {
    let lost = false;
    const program = this.programs.start({ ...spec, onLine: (line) => void (lost || spec.onLine(line)) });
    return {
      ended: program.ended,
      kill: (problem) => program.kill(problem),
      stop: (grace) => program.stop(grace),
      write: (line) => {
        const index = this.faults.findIndex(({ on }) => on.test(line));
        const [fault] = index < 0 ? [] : this.faults.splice(index, 1);
        if (!fault) return program.write(line);
        if (fault.effect === 'swallow') return;
        if (fault.effect === 'lose') {
          lost = true;
          program.write(line);
          // Long enough for the command to be carried out.
          setTimeout(() => program.kill('the test ends it'), 2000).unref();
          return;
        }
        // The marks around the command stay: only the command itself fails.
        const words = fault.effect.says.map((text) => `echo --err '${text.replaceAll("'", '"')}'`);
        program.write(line.replace(/^(echo '[^;]*'; ).*?(; echo --err 'np''.*)$/s, `$1${words.join('; ')}$2`));
      },
    };
  }
}
