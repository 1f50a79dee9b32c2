import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { ROOT } from './daemon-build.js';
import { spawnClean } from './clean-spawn.js';

/** Debian's own Python is the one that has Debian's kazoo. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = join(ROOT, 'test/fixtures/kazoo/zuul.py');

export interface RequestRecord {
  readonly state: string;
  readonly nodes: readonly string[];
  readonly node_types: readonly string[];
  readonly declined_by: readonly string[];
  readonly [key: string]: unknown;
}

export interface NodeRecord {
  readonly state: string;
  readonly type: readonly string[];
  readonly allocated_to: string | null;
  readonly provider: string | null;
  readonly [key: string]: unknown;
}

/** Zuul's side of the protocol, in Python with kazoo: an independent client. Ends with its standard input, so also with us. */
export class ZuulClient {
  private readonly waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  private readonly ended: Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout! }).on('line', (line) => this.hear(line));
    this.ended = new Promise((resolve) =>
      child.once('close', () => {
        for (const { reject } of this.waiting.splice(0)) reject(new Error('the kazoo client has ended'));
        resolve();
      }),
    );
  }

  /** @param hosts with the chroot, which is made */
  static async start(hosts: string): Promise<ZuulClient> {
    const child = spawnClean([PYTHON, SCRIPT, hosts], { stdio: ['pipe', 'pipe', 'inherit'] });
    const client = new ZuulClient(child);
    await client.next();
    return client;
  }

  /** Answers the id of the request. */
  submit(labels: readonly string[], priority = '200'): Promise<string> {
    return this.ask('submit', { labels, priority });
  }

  /** Watches the request until its state is one of these. */
  answer(request: string, states: readonly string[] = ['fulfilled', 'failed'], limit = 60): Promise<RequestRecord> {
    return this.ask('answer', { request, states, limit });
  }

  /** Checks `allocated_to`, locks the nodes of a fulfilled request and deletes the request. Answers the node records. */
  accept(request: string): Promise<Record<string, NodeRecord>> {
    return this.ask('accept', { request });
  }

  /** Sets all accepted nodes in use. */
  use(): Promise<void> {
    return this.ask('use', {});
  }

  /** Gives all accepted nodes back: used, unlocked. */
  giveBack(): Promise<void> {
    return this.ask('give-back', {});
  }

  /** All znodes below a path with their text; `/nodepool/nodes/0000000001`. Vanished ones are left out. */
  tree(path: string): Promise<Record<string, string>> {
    return this.ask('tree', { path });
  }

  async children(path: string): Promise<readonly string[]> {
    return this.ask('children', { path });
  }

  /** Creates a znode with its parents, or overwrites it. `\udcff` stands for the byte FF. */
  put(path: string, text: string): Promise<void> {
    return this.ask('put', { path, text });
  }

  remove(path: string): Promise<void> {
    return this.ask('remove', { path });
  }

  /** All nodes whose record can be read. */
  async nodes(): Promise<Record<string, NodeRecord>> {
    return this.ask('nodes', {});
  }

  /** Contenders of all locks of nodes and requests, by path. */
  locks(): Promise<readonly string[]> {
    return this.ask('locks', {});
  }

  async close(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  private ask<T>(command: string, args: object): Promise<T> {
    this.child.stdin?.write(`${JSON.stringify({ do: command, ...args })}\n`);
    return this.next<T>();
  }

  private next<T>(): Promise<T> {
    return new Promise<T>((resolve, reject) =>
      this.waiting.push({ resolve: resolve as (answer: unknown) => void, reject }),
    );
  }

  private hear(line: string): void {
    const { answer, error } = JSON.parse(line) as { answer?: unknown; error?: string };
    const next = this.waiting.shift();
    if (error === undefined) next?.resolve(answer);
    else next?.reject(new Error(`the kazoo client: ${error}`));
  }
}
