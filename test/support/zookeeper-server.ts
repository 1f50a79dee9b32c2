import { execFile } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { spawnClean } from './clean-spawn.js';

const run = promisify(execFile);

const JAR = '/usr/share/java/zookeeper.jar';
/** What the server needs for TLS and for telling what is wrong, besides the jars its manifest names. */
const MORE_JARS = ['netty-codec', 'netty-resolver', 'slf4j-simple'].map((name) => `/usr/share/java/${name}.jar`);

/** What the tool for the transaction log needs besides. */
const TOOL_JAR = '/usr/share/java/commons-cli.jar';

/** Bytes before the first transaction. */
const LOG_HEADER = 16;

const NETTY_FACTORY = 'org.apache.zookeeper.server.NettyServerCnxnFactory';

export interface ServerTls {
  /** PEM file with the server's key and certificate. */
  readonly keyStore: string;
  /** PEM file with the authority that clients must come from. */
  readonly trustStore: string;
}

export interface ZooKeeperServerOptions {
  /** Opens a TLS port beside the plain one and demands client certificates there. */
  readonly tls?: ServerTls;
  /** Shortest session time-out in seconds that is granted; 1 by default. */
  readonly minSessionTimeout?: number;
  /** Who may sign in by SASL; everybody else is turned away. */
  readonly sasl?: { readonly username: string; readonly password: string };
}

/** Why tests on a real server cannot run here, or undefined. */
export function zooKeeperMissing(): string | undefined {
  const path = (process.env['PATH'] ?? '').split(':');
  if (!path.some((folder) => existsSync(join(folder, 'java')))) return 'no java (apt-get install zookeeper)';
  return existsSync(JAR) ? undefined : `no ${JAR} (apt-get install zookeeper)`;
}

/**
 * For `describe.skipIf`: true if there is no ZooKeeper to run, with a message; under CI that is an error.
 */
export function withoutZooKeeper(): boolean {
  const missing = zooKeeperMissing();
  if (missing === undefined) return false;
  if (process.env['CI'] === 'true') throw new Error(`The tests on a real ZooKeeper cannot run: ${missing}`);
  console.warn(`Skipped, for want of a real ZooKeeper: ${missing}`);
  return true;
}

/**
 * Runs a command that ends with us, however we end: the pipe to the shell breaks. Closes the descriptors that it would inherit,
 * for ZooKeeper's C client leaves its sockets open to children, and a socket held by a child never really closes.
 */
const KEEPER = `
for file in /proc/$$/fd/*; do number=\${file##*/}; if [ "$number" -gt 2 ]; then eval "exec $number>&-"; fi; done
log=$1; shift
"$@" >>"$log" 2>&1 </dev/null &
echo $!
cat >/dev/null
kill -9 $!
wait
`;

/** A private ZooKeeper server on a loopback port of its own. It never outlives this process. */
export class ZooKeeperServer {
  private keeper: ChildProcess | undefined;
  private pid = 0;

  private constructor(
    readonly port: number,
    /** The TLS port; 0 without TLS. */
    readonly tlsPort: number,
    private readonly folder: string,
    private readonly sasl: boolean,
  ) {}

  static async start(options: ZooKeeperServerOptions = {}): Promise<ZooKeeperServer> {
    const missing = zooKeeperMissing();
    if (missing !== undefined) throw new Error(`ZooKeeper cannot be started: ${missing}`);
    for (let tries = 1; ; tries++) {
      const folder = await mkdtemp(join(tmpdir(), 'nodepool-zookeeper-'));
      const tlsPort = options.tls ? await freePort() : 0;
      const server = new ZooKeeperServer(await freePort(), tlsPort, folder, options.sasl !== undefined);
      await server.configure(options);
      try {
        await server.launch();
        return server;
      } catch (error) {
        await server.stop();
        if (tries === 3) throw error;
      }
    }
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Where its transaction log is. */
  get logFolder(): string {
    return join(this.folder, 'data', 'version-2');
  }

  /** Kills the server and removes its data. */
  async stop(): Promise<void> {
    await this.halt();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Kills the server and keeps its data; `launch` brings it back. */
  async halt(): Promise<void> {
    const { keeper } = this;
    this.keeper = undefined;
    if (!keeper || keeper.exitCode !== null) return;
    const ended = new Promise((resolve) => keeper.once('exit', resolve));
    keeper.stdin?.end();
    await ended;
  }

  /** The same port, the same data, the same sessions. */
  async restart(): Promise<void> {
    await this.halt();
    await this.launch();
  }

  /**
   * Stops the server in its tracks: connections stay open, nobody answers. Resolves when the last of its threads stands still; the
   * signal itself takes effect later, and on a busy machine a thread would still answer the next call.
   */
  async freeze(): Promise<void> {
    process.kill(this.pid, 'SIGSTOP');
    while (!(await standsStill(this.pid))) await delay(1);
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Everything that was ever changed, in order, as ZooKeeper's own tool prints its transaction log. */
  async transactionLog(): Promise<string> {
    const folder = this.logFolder;
    const files = (await readdir(folder)).filter((name) => name.startsWith('log.'));
    const byBeginning = (name: string): number => Number.parseInt(name.slice('log.'.length), 16);
    let text = '';
    for (const file of files.sort((a, b) => byBeginning(a) - byBeginning(b))) {
      const jars = [JAR, ...MORE_JARS, TOOL_JAR].join(':');
      const options = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', jars];
      const tool = 'org.apache.zookeeper.server.persistence.TxnLogToolkit';
      const { stdout } = await run('java', [...options, tool, '-d', join(folder, file)], { maxBuffer: 2 ** 30 });
      text += stdout;
    }
    return text;
  }

  /** Answer to a four-letter word, e.g. `wchs`. */
  ask(word: string): Promise<string> {
    return fourLetterWord(this.port, word);
  }

  async launch(): Promise<void> {
    await this.removeHeadlessLog();
    const log = join(this.folder, 'server.log');
    const command = [
      'java',
      '-Xmx192m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Dzookeeper.forceSync=no',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      ...(this.tlsPort > 0 ? [`-Dzookeeper.serverCnxnFactory=${NETTY_FACTORY}`] : []),
      ...(this.sasl ? [`-Djava.security.auth.login.config=${join(this.folder, 'jaas.conf')}`] : []),
      '-cp',
      [JAR, ...MORE_JARS].join(':'),
      'org.apache.zookeeper.server.quorum.QuorumPeerMain',
      join(this.folder, 'zoo.cfg'),
    ];
    const keeper = spawnClean(['bash', '-c', KEEPER, 'keeper', log, ...command], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    this.keeper = keeper;
    keeper.stdout?.on('data', (data: Buffer) => (this.pid = Number(data.toString())));
    for (let waited = 0; waited < 200; waited++) {
      const answer = await this.ask('conf').catch(() => '');
      if (answer.includes(this.folder)) return;
      await delay(75);
    }
    const said = await readFile(log, 'utf8').catch(() => '');
    throw new Error(`ZooKeeper does not start:\n${said.split('\n').slice(-30).join('\n')}`);
  }

  /** What a server that was killed had just begun: with it none would start (ZOOKEEPER-1621). Operators do the same. */
  private async removeHeadlessLog(): Promise<void> {
    const folder = this.logFolder;
    const names = await readdir(folder).catch(() => []);
    for (const file of names.filter((name) => name.startsWith('log.')).map((name) => join(folder, name)))
      if ((await stat(file)).size < LOG_HEADER) await rm(file);
  }

  private async configure(options: ZooKeeperServerOptions): Promise<void> {
    const { tls, sasl } = options;
    const lines = [
      'tickTime=500',
      `minSessionTimeout=${(options.minSessionTimeout ?? 1) * 1000}`,
      'maxSessionTimeout=40000',
      `dataDir=${this.folder}/data`,
      `clientPort=${this.port}`,
      'clientPortAddress=127.0.0.1',
      'maxClientCnxns=0',
      'admin.enableServer=false',
      '4lw.commands.whitelist=*',
      ...(tls
        ? [
            `secureClientPort=${this.tlsPort}`,
            'secureClientPortAddress=127.0.0.1',
            `ssl.keyStore.location=${tls.keyStore}`,
            'ssl.keyStore.type=PEM',
            `ssl.trustStore.location=${tls.trustStore}`,
            'ssl.trustStore.type=PEM',
            'ssl.clientAuth=need',
            'ssl.hostnameVerification=false',
          ]
        : []),
      ...(sasl
        ? [
            'authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider',
            'enforce.auth.enabled=true',
            'enforce.auth.schemes=sasl',
          ]
        : []),
    ];
    if (sasl) await writeFile(join(this.folder, 'jaas.conf'), jaas(sasl.username, sasl.password));
    await mkdir(join(this.folder, 'data'));
    await writeFile(join(this.folder, 'zoo.cfg'), `${lines.join('\n')}\n`);
  }
}

function jaas(username: string, password: string): string {
  const module = 'org.apache.zookeeper.server.auth.DigestLoginModule';
  return `Server {\n  ${module} required\n  user_${username}="${password}";\n};\n`;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function fourLetterWord(port: number, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setTimeout(2000, () => socket.destroy(new Error('no answer')));
    socket.on('connect', () => socket.write(word));
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

async function standsStill(pid: number): Promise<boolean> {
  const tasks = `/proc/${pid}/task`;
  const stats = await Promise.all(
    (await readdir(tasks)).map((task) => readFile(join(tasks, task, 'stat'), 'utf8').catch(() => ') X')),
  );
  // The state stands behind the name, which ends with the last bracket; a thread that has ended answers nobody.
  return stats.every((stat) => 'TtXZ'.includes(stat.charAt(stat.lastIndexOf(')') + 2)));
}
