import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { freePort } from './zookeeper-server.js';

const PROGRAM = fileURLToPath(new URL('../../node_modules/statsd/stats.js', import.meta.url));

/** All that the server has flushed so far. */
export interface StatsdFacts {
  /** Sums. */
  readonly counters: Readonly<Record<string, number>>;
  /** Last values. */
  readonly gauges: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly timers: Readonly<Record<string, readonly number[]>>;
}

/** A backend of the server: adds up what it flushes, and keeps it in a file. */
const BACKEND = `
const { renameSync, writeFileSync } = require('node:fs');
exports.init = (_started, config, events) => {
  const all = { counters: {}, gauges: {}, timers: {} };
  events.on('flush', (_time, { counters, gauges, timers }) => {
    for (const [name, count] of Object.entries(counters)) all.counters[name] = (all.counters[name] ?? 0) + count;
    Object.assign(all.gauges, gauges);
    for (const [name, times] of Object.entries(timers)) all.timers[name] = [...(all.timers[name] ?? []), ...times];
    writeFileSync(config.factsFile + '.new', JSON.stringify(all));
    renameSync(config.factsFile + '.new', config.factsFile);
  });
  return true;
};
`;

/** The statsd server of npm in a process of its own. */
export class StatsdServer {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(): Promise<StatsdServer> {
    const [port, management] = [await freePort(), await freePort()];
    const folder = mkdtempSync(path.join(tmpdir(), 'nodepool-statsd-'));
    const [config, backend] = [path.join(folder, 'config.js'), path.join(folder, 'backend.js')];
    writeFileSync(backend, BACKEND);
    const settings = {
      address: '127.0.0.1',
      port,
      mgmt_address: '127.0.0.1',
      mgmt_port: management,
      flushInterval: 200,
      backends: [backend],
      factsFile: path.join(folder, 'facts.json'),
    };
    writeFileSync(config, JSON.stringify(settings));
    const child = spawn(process.execPath, [PROGRAM, config], { stdio: 'ignore' });
    const server = new StatsdServer(port, child, folder);
    await eventually('statsd runs', () => answers(management));
    return server;
  }

  facts(): StatsdFacts {
    const file = path.join(this.folder, 'facts.json');
    if (!existsSync(file)) return { counters: {}, gauges: {}, timers: {} };
    return JSON.parse(readFileSync(file, 'utf8')) as StatsdFacts;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill();
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
