import { describe, expect, it } from 'vitest';
import { VirshSession } from '../../../src/adapters/libvirt/virsh/virsh-session.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import type { ChildProgramEnd, ChildPrograms, ChildProgramSpec } from '../../../src/ports/runtime/child-programs.js';

/** A virsh that says what it is told to. */
class ScriptedVirsh implements ChildPrograms {
  spec: ChildProgramSpec | undefined;
  private commands = 0;
  killed: string | undefined;
  end: (end: ChildProgramEnd) => void = () => undefined;

  start(spec: ChildProgramSpec): ReturnType<ChildPrograms['start']> {
    this.spec = spec;
    const ended = new Promise<ChildProgramEnd>((resolve) => (this.end = resolve));
    return {
      write: () => void (this.commands += 1),
      ended,
      kill: (problem) => void (this.killed = problem),
      stop: async () => undefined,
    };
  }

  /** Answers the command that is running, as virsh does: it writes `error: ` before what goes to the standard error. */
  answer(errors: readonly string[] = []): void {
    for (const error of errors) this.spec?.onErrorLine(`error: ${error}`);
    this.spec?.onErrorLine(`error: np-E-${this.commands}`);
    for (const line of [`np-S-${this.commands}`, `np-E-${this.commands}`]) this.spec?.onLine(line);
  }
}

function session(): { readonly virsh: ScriptedVirsh; readonly session: VirshSession } {
  const virsh = new ScriptedVirsh();
  return { virsh, session: new VirshSession(virsh, { argv: ['virsh'], env: {} }, new VirtualClock()) };
}

describe('a session of virsh that ends', () => {
  it('[V8] without a word after many commands is unanswered: marks and old complaints are not its words', async () => {
    const { virsh, session: over } = session();
    for (let round = 0; round < 12; round += 1) {
      const answer = over.run(['domstate', 'x'], 10);
      virsh.answer(round % 2 === 0 ? [] : ["failed to get domain 'x'"]);
      await answer.catch(() => undefined);
    }
    const last = over.run(['list'], 10);
    virsh.end({ kind: 'exited', code: 1 });
    await expect(last).rejects.toMatchObject({ kind: 'unanswered', message: 'virsh has ended (1)' });
    await expect(over.run(['list'], 10)).rejects.toMatchObject({ kind: 'unanswered' });
  });

  it('[V8] with words after its last answer says them', async () => {
    const { virsh, session: over } = session();
    const first = over.run(['list'], 10);
    virsh.answer();
    await first;
    const last = over.run(['list'], 10);
    virsh.spec?.onErrorLine('error: authentication failed: no agent');
    virsh.end({ kind: 'exited', code: 1 });
    await expect(last).rejects.toMatchObject({ kind: 'authentication' });
  });
});

describe('a session of virsh that does not end', () => {
  it('[V8] is killed when it is silent for longer than its answer may take', async () => {
    const virsh = new ScriptedVirsh();
    const clock = new VirtualClock();
    const over = new VirshSession(virsh, { argv: ['virsh'], env: {} }, clock);
    const answer = over.run(['list'], 10).catch((error: unknown) => error);
    await clock.advance(9);
    expect(virsh.killed).toBeUndefined();
    await clock.advance(2);
    expect(virsh.killed).toBe('list took longer than 10 s');
    expect(await answer).toMatchObject({ kind: 'unanswered' });
    expect(over.usable).toBe(false);
  });

  it('[V7] is killed when it talks for ever, before that fills the memory', async () => {
    const { virsh, session: over } = session();
    const answer = over.run(['qemu-monitor-command', 'x'], 10).catch((error: unknown) => error);
    virsh.spec?.onLine('np-S-1');
    const line = 'x'.repeat(1 << 20);
    for (let count = 0; count < 33; count += 1) virsh.spec?.onLine(line);
    expect(virsh.killed).toBe('its answer does not end');
    expect(await answer).toMatchObject({ kind: 'unanswered' });
  });
});
