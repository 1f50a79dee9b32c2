import { readdir, readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import type { HostFindings, LibvirtFindings } from '../../domain/setup/findings.js';
import type { ProcessRunner } from '../../ports/runtime/process-runner.js';

/** Seconds that a question to libvirt may take. */
const PATIENCE = 15;
const KEYS = ['id_ed25519.pub', 'id_ecdsa.pub', 'id_rsa.pub'];

/** Looks at this host, as far as it can be seen without asking anybody. */
export class HostSurvey {
  constructor(
    private readonly processes: ProcessRunner,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly installation: string,
  ) {}

  /** Never rejects: what cannot be seen is not there. */
  async findings(): Promise<HostFindings> {
    const [libvirt, clouds, publicKey] = await Promise.all([this.libvirt(), this.clouds(), this.publicKey()]);
    return { libvirt, clouds, publicKey, user: os.userInfo().username, installation: this.installation };
  }

  private async libvirt(): Promise<LibvirtFindings | null> {
    const wanted = this.environment['LIBVIRT_DEFAULT_URI'];
    for (const uri of wanted === undefined ? ['qemu:///system', 'qemu:///session'] : [wanted]) {
      const pools = await this.names(uri, ['pool-list', '--all', '--type', 'dir', '--name']);
      const networks = pools && (await this.names(uri, ['net-list', '--name']));
      if (pools) return { uri, pools, networks: networks ?? [] };
    }
    return null;
  }

  /** Null if nobody answers. */
  private async names(uri: string, words: readonly string[]): Promise<readonly string[] | null> {
    const output: Uint8Array[] = [];
    const argv = ['virsh', '-q', '-c', uri, ...words] as const;
    const env = { ...this.environment, LC_ALL: 'C' };
    const late = AbortSignal.timeout(PATIENCE * 1000);
    const end = await this.processes.run({ argv, env, onOutput: (chunk) => void output.push(chunk) }, late);
    if (end.kind !== 'exited' || end.code !== 0) return null;
    const text = Buffer.concat(output).toString('utf8');
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }

  private async clouds(): Promise<readonly string[]> {
    const named = this.environment['OS_CLIENT_CONFIG_FILE'];
    const usual = [
      'clouds.yaml',
      path.join(os.homedir(), '.config/openstack/clouds.yaml'),
      '/etc/openstack/clouds.yaml',
    ];
    for (const file of named === undefined ? usual : [named]) {
      const text = await readFile(file, 'utf8').catch(() => null);
      if (text === null) continue;
      try {
        const { clouds } = parse(text) as { readonly clouds?: unknown };
        return typeof clouds === 'object' && clouds !== null ? Object.keys(clouds) : [];
      } catch {
        // Whoever reads it for its content says what is wrong with it.
        return [];
      }
    }
    return [];
  }

  private async publicKey(): Promise<string | null> {
    const folder = path.join(this.environment['HOME'] ?? os.homedir(), '.ssh');
    const there: readonly string[] = await readdir(folder).catch(() => []);
    const name = KEYS.find((key) => there.includes(key));
    if (name === undefined) return null;
    const text = (await readFile(path.join(folder, name), 'utf8').catch(() => '')).trim();
    return /^(?:ssh|ecdsa|sk)-[^\n]+$/.test(text) ? text : null;
  }
}
