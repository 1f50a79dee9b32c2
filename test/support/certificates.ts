import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TlsFiles } from '../../src/adapters/zookeeper/tls-trust.js';
import type { ServerTls } from './zookeeper-server.js';

const run = promisify(execFile);

export interface Certificates {
  readonly server: ServerTls;
  readonly client: TlsFiles;
  /** Of an authority that the server does not know. */
  readonly stranger: TlsFiles;
  remove(): Promise<void>;
}

/** Paths of PEM files. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** Signs certificates; all of its files are in one folder. */
export class Authority {
  private constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {}

  static async make(folder: string, name: string): Promise<Authority> {
    const authority = new Authority(folder, name);
    await authority.openssl(
      'req',
      '-x509',
      ...newKey(name),
      '-out',
      `${name}.pem`,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    );
    return authority;
  }

  get cert(): string {
    return join(this.folder, `${this.name}.pem`);
  }

  /** @param names as openssl has them; @param days until it expires, less than none for one that has */
  async issue(name: string, names = 'IP:127.0.0.1', days = 2): Promise<KeyPair> {
    await this.openssl('req', ...newKey(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    await writeFile(join(this.folder, `${name}.names`), `subjectAltName=${names}\n`);
    const signer = ['-CA', `${this.name}.pem`, '-CAkey', `${this.name}.key`, '-CAcreateserial'];
    const how = ['-in', `${name}.csr`, '-days', String(days), '-extfile', `${name}.names`, '-out', `${name}.pem`];
    await this.openssl('x509', '-req', ...signer, ...how);
    return { key: join(this.folder, `${name}.key`), cert: join(this.folder, `${name}.pem`) };
  }

  private async openssl(...args: readonly string[]): Promise<void> {
    await run('openssl', [...args], { cwd: this.folder });
  }
}

/** Makes an authority, a server's certificate for 127.0.0.1 and a client's, and a stranger's of an authority of its own. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'nodepool-certificates-'));
  const authority = await Authority.make(folder, 'authority');
  const elsewhere = await Authority.make(folder, 'elsewhere');
  const server = await authority.issue('server');
  const client = await authority.issue('client');
  const stranger = await elsewhere.issue('stranger');
  const keyStore = join(folder, 'keystore.pem');
  await writeFile(keyStore, (await readFile(server.key, 'utf8')) + (await readFile(server.cert, 'utf8')));
  return {
    server: { keyStore, trustStore: authority.cert },
    client: { ...client, ca: authority.cert },
    stranger: { ...stranger, ca: authority.cert },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function newKey(name: string): string[] {
  // Made in no time, where RSA takes a second of a busy machine.
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
}
