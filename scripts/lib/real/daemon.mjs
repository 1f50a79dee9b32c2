// nodepool-standalone as anybody runs it, and what its log says about the main job.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { debianPath, ROOT } from '../steps.mjs';
import { within } from './within.mjs';

/** Lines of the log that say how far the job is. */
const MARKS = {
  runs: /: Launcher and builder run$/,
  web: /The web interface listens at (\S+)/,
  building: /: Building an image /,
  built: /: The image was built /,
  uploading: /: Uploading an image /,
  uploaded: /: The image was uploaded /,
  launching: /: (?:\[[^\]]*\] )*Launching tiny-vm in /,
  created: /: \[node: (\d+)\] create is done /,
  active: /: (?:\[[^\]]*\] )*Lease \S+ is active /,
  released: /: (?:\[[^\]]*\] )*Lease \S+ has ended: released /,
  deleted: /: (?:\[[^\]]*\] )*delete is done /,
};
/** What no patience mends: said at once, in the words of the log. */
const FATAL = /ERROR nodepool\S*: (The image could not be (?:built|uploaded) .*)/;
const TROUBLE = /WARN\w* nodepool\S*: (?:\[[^\]]*\] )*(Launch attempt .*)/;

export class Daemon {
  /** @param say told of what goes wrong and is tried again */
  constructor(folder, environment, say) {
    this.folder = folder;
    this.say = say;
    this.socket = path.join(folder, 'store/nodepool.sock');
    this.logFile = path.join(folder, 'nodepool.log');
    this.env = { ...process.env, NODEPOOL_CLEANUP_INTERVAL: '2', PATH: debianPath(), ...environment };
    this.marks = new Map();
    this.expect(Object.keys(MARKS));
  }

  start(words) {
    const config = path.join(ROOT, 'examples/one-machine/quickstart.yaml');
    const program = path.join(ROOT, 'bin/nodepool-standalone.js');
    const argv = ['--pdeathsig', 'TERM', process.execPath, program, '-d', '-c', config, ...words];
    const stdio = ['ignore', 'pipe', 'pipe'];
    this.child = spawn('setpriv', argv, { cwd: this.folder, env: this.env, detached: true, stdio });
    const log = createWriteStream(this.logFile, { flags: 'a' });
    for (const stream of [this.child.stdout, this.child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        log.write(`${line}\n`);
        this.last = line;
        this.look(line);
      });
    this.ended = new Promise((resolve) => this.child.once('close', resolve)).then((status) => {
      log.end();
      this.status = status ?? 1;
      this.giveUp(new Error(`nodepool-standalone has ended (${status}): ${this.last ?? 'no word'}`));
      return status;
    });
  }

  /** What the log has said of these until now does not count. */
  expect(names) {
    for (const name of names) this.marks.set(name, resolvers());
  }

  /** When the log has said it: milliseconds, and what was caught of the line. */
  mark(name, seconds, trouble) {
    return within(seconds, trouble, this.marks.get(name).promise);
  }

  /** A command of nodepool, which is asked to end when the signal fires. @throws Error in its words */
  async nodepool(words, { signal, seconds }) {
    signal.throwIfAborted();
    const argv = [path.join(ROOT, 'bin/nodepool.js'), '--url', `unix:${this.socket}`, ...words];
    // A Ctrl-C of the terminal would come to it as well, and a second word means haste.
    const child = spawn(process.execPath, argv, { env: this.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, complaint] = [child.stdout, child.stderr].map((stream) => text(stream));
    const stop = () => child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    const ended = new Promise((resolve) => child.once('close', resolve));
    const status = await within(seconds, `nodepool ${words[0]} has not ended`, ended).finally(stop);
    signal.removeEventListener('abort', stop);
    signal.throwIfAborted();
    if (status !== 0) throw new Error(`nodepool ${words[0]} (${status}): ${(await complaint).trim()}`);
    return output;
  }

  /** What a command lists. */
  async list(words, signal) {
    return JSON.parse(await this.nodepool([...words, '--format', 'json'], { signal, seconds: 60 }));
  }

  /** Ends it as a service manager would. */
  async stop() {
    if (!this.child) return;
    this.child.kill('SIGTERM');
    await within(60, 'nodepool-standalone does not end', this.ended).catch(async (error) => {
      this.child.kill('SIGKILL');
      await this.ended;
      throw error;
    });
  }

  look(line) {
    for (const [name, pattern] of Object.entries(MARKS)) {
      const found = pattern.exec(line);
      if (found) this.marks.get(name).resolve({ at: performance.now(), text: found[1] });
    }
    const fatal = FATAL.exec(line)?.[1];
    if (fatal) this.giveUp(new Error(`${fatal}; see ${this.logFile} and ${path.join(this.folder, 'logs')}`));
    const trouble = TROUBLE.exec(line)?.[1];
    if (trouble) this.say(`  ${trouble}`);
  }

  giveUp(error) {
    for (const { reject } of this.marks.values()) reject(error);
  }
}

function resolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  made.promise.catch(() => undefined);
  return made;
}
