import type { ChildProgramEnd, ChildPrograms, ChildProgramSpec } from '../../src/ports/runtime/child-programs.js';

/** What the stub says to a command: its output, or words of libvirt's about what went wrong. */
export type VirshAnswer = string | { readonly error: string } | undefined;

/** A virsh that answers out of a table, in sessions and in programs of its own. Commands without an answer succeed silently. */
export class StubVirsh implements ChildPrograms {
  /** All commands, in their order. */
  readonly commands: (readonly string[])[] = [];

  constructor(private readonly answer: (words: readonly string[]) => VirshAnswer) {}

  start(spec: ChildProgramSpec): ReturnType<ChildPrograms['start']> {
    let end: (end: ChildProgramEnd) => void = () => undefined;
    const ended = new Promise<ChildProgramEnd>((resolve) => (end = resolve));
    const words = spec.argv.slice(spec.argv.indexOf('-c') + 2);
    if (words.length > 0) queueMicrotask(() => end({ kind: 'exited', code: this.say(words, spec) ? 0 : 1 }));
    return {
      ended,
      write: (line) => queueMicrotask(() => this.hear(line, spec)),
      kill: (problem) => end({ kind: 'killed', problem }),
      stop: async () => end({ kind: 'exited', code: 0 }),
    };
  }

  asked(command: string): readonly (readonly string[])[] {
    return this.commands.filter(([first]) => first === command);
  }

  private hear(line: string, spec: ChildProgramSpec): void {
    const [, number, command = ''] = /^echo 'np''-S-(\d+)'; (.*); echo --err /s.exec(line) ?? [];
    const words = [...command.matchAll(/'((?:[^']|'\\'')*)'/g)].map(([, word = '']) => word.replaceAll(`'\\''`, `'`));
    spec.onLine(`np-S-${number}`);
    this.say(words, spec);
    spec.onErrorLine(`error: np-E-${number}`);
    spec.onLine(`np-E-${number}`);
  }

  private say(words: readonly string[], spec: ChildProgramSpec): boolean {
    this.commands.push(words);
    const answer = this.answer(words) ?? '';
    if (typeof answer === 'string') for (const line of answer.split('\n')) spec.onLine(line);
    else for (const line of answer.error.split('\n')) spec.onErrorLine(`error: ${line}`);
    return typeof answer === 'string';
  }
}

/** A host with libvirt, 4 cores and 8 GiB of memory, with a pool `nodepool` and no domains, but for what is said otherwise. */
export function aHost(answers: Readonly<Record<string, (words: readonly string[]) => VirshAnswer>> = {}): StubVirsh {
  const pool = '<pool type="dir"><name>nodepool</name><target><path>/pool</path></target></pool>';
  const usual: typeof answers = {
    hostname: () => 'host',
    nodeinfo: () => 'CPU(s):              4\nMemory size:         8388608 KiB',
    nodememstats: () => 'total  :              8388608 KiB\nfree   :              8388608 KiB',
    'pool-dumpxml': () => pool,
    'pool-info': () => `Capacity:       ${100 * 1024 ** 3}\nAvailable:      ${50 * 1024 ** 3}`,
    domstate: () => ({ error: "failed to get domain 'x'" }),
  };
  return new StubVirsh((words) => (answers[words[0] ?? ''] ?? usual[words[0] ?? ''])?.(words));
}
