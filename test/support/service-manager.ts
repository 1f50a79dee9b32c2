import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { until } from './daemon-patience.js';

const SCRIPT = path.join(import.meta.dirname, '../fixtures/systemd/listen.py');

/** For `describe.skipIf`: true, with a message, without the tools of systemd; under CI that is an error. */
export function withoutSystemd(): boolean {
  const missing = ['systemd-analyze', 'systemd-notify'].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
  if (missing.length === 0) return false;
  if (process.env['CI'] === 'true') throw new Error(`No ${missing.join(', ')} (apt-get install systemd)`);
  console.warn(`Skipped, for want of ${missing.join(', ')}`);
  return true;
}

/** A service manager that only listens. Ends with us. */
export class ServiceManager {
  /** What was said, one message a line, its parts separated by spaces. */
  readonly messages: string[] = [];
  /** When each of them arrived, milliseconds since the epoch. */
  readonly arrivals: number[] = [];

  private constructor(
    readonly socket: string,
    private readonly child: ChildProcess,
  ) {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.messages.push(line);
      this.arrivals.push(Date.now());
    });
  }

  static async start(folder: string): Promise<ServiceManager> {
    const socket = path.join(folder, 'notify');
    const child = spawn('/usr/bin/python3', [SCRIPT, socket], { stdio: ['pipe', 'pipe', 'inherit'] });
    const manager = new ServiceManager(socket, child);
    await manager.hears(/listening/);
    return manager;
  }

  async hears(pattern: RegExp): Promise<void> {
    await until(`somebody says ${pattern}`, () => this.messages.some((message) => pattern.test(message)), {
      limit: 30,
      story: () => this.messages.join('\n'),
    });
  }

  count(pattern: RegExp): number {
    return this.messages.filter((message) => pattern.test(message)).length;
  }

  /** How many arrived between two moments. */
  between(pattern: RegExp, from: number, to: number): number {
    return this.messages.filter((message, at) => {
      const arrived = this.arrivals[at] ?? 0;
      return pattern.test(message) && arrived > from && arrived < to;
    }).length;
  }

  stop(): void {
    this.child.stdin?.end();
  }
}
