import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProcessOutcome, ProcessRunner } from '../../src/ports/runtime/process-runner.js';

const PATH = '/usr/bin:/bin';

/** What running child processes promises. Scripts are run by `sh`; the runner itself knows no shell. */
export function describeProcessRunnerContract(name: string, makeRunner: () => ProcessRunner): void {
  describe(`process runner contract: ${name}`, () => {
    let runner: ProcessRunner;
    let folder: string;
    beforeEach(() => {
      runner = makeRunner();
      folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-test-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    const run = async (script: string, signal?: AbortSignal): Promise<{ outcome: ProcessOutcome; output: string }> => {
      const chunks: Uint8Array[] = [];
      const spec = { argv: ['sh', '-c', script] as const, env: { PATH }, cwd: folder };
      const outcome = await runner.run({ ...spec, onOutput: (chunk) => chunks.push(chunk) }, signal);
      return { outcome, output: Buffer.concat(chunks).toString() };
    };
    const appears = async (file: string): Promise<string> => {
      const full = path.join(folder, file);
      await vi.waitFor(() => expect(existsSync(full) && readFileSync(full, 'utf8')).toMatch(/./), { timeout: 30_000 });
      return readFileSync(full, 'utf8');
    };
    const alive = (pid: number): boolean => {
      try {
        // A zombie that nobody has reaped yet is dead.
        return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      } catch {
        return false;
      }
    };
    const dies = (pid: number): Promise<unknown> =>
      vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 30_000 });

    it('tells the exit code', async () => {
      expect((await run('exit 0')).outcome).toEqual({ kind: 'exited', code: 0 });
      expect((await run('exit 7')).outcome).toEqual({ kind: 'exited', code: 7 });
    });

    it('tells the signal that ended the process', async () => {
      const { outcome } = await run('kill -TERM $$');
      expect(outcome).toEqual({ kind: 'signalled', signal: 'SIGTERM', signalNumber: 15 });
    });

    it('delivers both streams completely and in the order they were written', async () => {
      const { output } = await run('for i in 1 2 3 4 5 6 7 8 9; do echo out$i; echo err$i >&2; done');
      const expected = [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((i) => [`out${i}\n`, `err${i}\n`]).join('');
      expect(output).toBe(expected);
    });

    it('delivers much output without keeping it', async () => {
      let bytes = 0;
      const argv = ['sh', '-c', 'yes 0123456789012345678901234567890123456789 | head -c 50000000'] as const;
      const outcome = await runner.run({ argv, env: { PATH }, onOutput: (chunk) => void (bytes += chunk.length) });
      expect(outcome).toEqual({ kind: 'exited', code: 0 });
      expect(bytes).toBe(50_000_000);
    });

    it('delivers output while the process runs', async () => {
      const controller = new AbortController();
      let seen = '';
      const running = runner.run(
        {
          argv: ['sh', '-c', 'echo early; sleep 600'],
          env: { PATH },
          onOutput: (chunk) => (seen += Buffer.from(chunk).toString()),
        },
        controller.signal,
      );
      await vi.waitFor(() => expect(seen).toBe('early\n'), { timeout: 30_000 });
      controller.abort();
      expect(await running).toEqual({ kind: 'aborted' });
    });

    it('lets scripts write to the device files of their output', async () => {
      expect((await run('echo to stderr > /dev/stderr; echo to stdout > /dev/stdout')).output).toBe(
        'to stderr\nto stdout\n',
      );
    });

    it('gives the child exactly its environment, its arguments uninterpreted, its folder and an empty input', async () => {
      const chunks: Uint8Array[] = [];
      const argv = ['/bin/sh', '-c', 'echo "$A|$1|${HOME-none}"; pwd; cat', 'name', '$(false) *'] as const;
      await runner.run({ argv, env: { A: 'a b' }, cwd: folder, onOutput: (chunk) => chunks.push(chunk) });
      // Without PATH there is no `cat` either, unless the shell has a default.
      expect(Buffer.concat(chunks).toString()).toContain(`a b|$(false) *|none\n${folder}\n`);
    });

    it('says when there is no such command, or it is not executable, or there is no such folder', async () => {
      writeFileSync(path.join(folder, 'plain'), 'text');
      for (const spec of [
        { argv: ['/no/such/command'] as const },
        { argv: ['no-such-command'] as const },
        { argv: [path.join(folder, 'plain')] as const },
        { argv: ['sh', '-c', 'exit 0'] as const, cwd: path.join(folder, 'missing') },
        { argv: ['sh', 'nul\0byte'] as const },
      ]) {
        const outcome = await runner.run({ ...spec, env: { PATH }, onOutput: () => undefined });
        expect(outcome).toMatchObject({ kind: 'not-started', problem: expect.stringMatching(/./) as string });
      }
    });

    it('does not start anything when aborted already', async () => {
      const { outcome } = await run('touch started', AbortSignal.abort());
      expect(outcome).toEqual({ kind: 'aborted' });
      expect(existsSync(path.join(folder, 'started'))).toBe(false);
    });

    it('kills the whole group when aborted, children that ignore signals included', async () => {
      const controller = new AbortController();
      const running = run(
        `trap '' TERM; sh -c 'trap "" TERM; echo $$ > child; sleep 600' & sleep 600`,
        controller.signal,
      );
      const child = Number(await appears('child'));
      controller.abort();
      expect((await running).outcome).toEqual({ kind: 'aborted' });
      await dies(child);
    });

    it('is not held up, when aborted, by a process that left the group and keeps the output open', async () => {
      const controller = new AbortController();
      const running = run(`setsid sh -c 'echo $$ > child; exec sleep 600' & sleep 600`, controller.signal);
      const child = Number(await appears('child'));
      controller.abort();
      try {
        expect((await running).outcome).toEqual({ kind: 'aborted' });
      } finally {
        process.kill(child, 'SIGKILL');
      }
    });

    it('waits for a filter that still writes after the leader has ended', async () => {
      const { outcome, output } = await run('(sleep 0.3; echo last) & echo first');
      expect(outcome).toEqual({ kind: 'exited', code: 0 });
      expect(output).toBe('first\nlast\n');
    });

    it('ends what the leader left behind in the group', async () => {
      const { outcome } = await run('sleep 600 & echo $! > child');
      expect(outcome).toEqual({ kind: 'exited', code: 0 });
      await dies(Number(await appears('child')));
    });

    it('survives a listener that throws', async () => {
      const spec = { argv: ['sh', '-c', 'echo x; exit 3'] as const, env: { PATH } };
      const onOutput = (): void => {
        throw new Error('the disk is full');
      };
      expect(await runner.run({ ...spec, onOutput })).toEqual({ kind: 'exited', code: 3 });
    });

    it('drops the output if nobody wants it', async () => {
      const outcome = await runner.run({ argv: ['sh', '-c', 'echo x; echo y >&2; exit 4'], env: { PATH } });
      expect(outcome).toEqual({ kind: 'exited', code: 4 });
    });
  });
}
