import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { spawnClean } from './clean-spawn.js';

const SCRIPT = fileURLToPath(new URL('../fixtures/kazoo/lock.py', import.meta.url));
/** Debian's own Python is the one that has Debian's kazoo. */
const PYTHON = '/usr/bin/python3';

/** For `describe.skipIf`: true if kazoo is not installed, with a message; under CI that is an error. */
export function withoutKazoo(): boolean {
  if (spawnSync(PYTHON, ['-c', 'import kazoo']).status === 0) return false;
  const message = 'no kazoo (apt-get install python3-kazoo)';
  if (process.env['CI'] === 'true') throw new Error(`The tests against kazoo cannot run: ${message}`);
  console.warn(`Skipped, for want of kazoo: ${message}`);
  return true;
}

/** A Python process that contends for one lock with kazoo's recipe. Ends with its standard input, so also with us. */
export class KazooClient {
  private readonly answers: string[] = [];
  private readonly waiting: ((answer: string) => void)[] = [];

  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const next = this.waiting.shift();
      if (next) next(line);
      else this.answers.push(line);
    });
  }

  /** @param hosts With the chroot, e.g. `127.0.0.1:2181/x`. */
  static async start(hosts: string, path: string, identifier: string): Promise<KazooClient> {
    const child = spawnClean([PYTHON, SCRIPT, hosts, path, identifier], { stdio: ['pipe', 'pipe', 'inherit'] });
    const client = new KazooClient(child);
    await client.answer();
    return client;
  }

  ask(line: string): Promise<string> {
    this.child.stdin?.write(`${line}\n`);
    return this.answer();
  }

  answer(): Promise<string> {
    const ready = this.answers.shift();
    return ready === undefined ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve(ready);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}
