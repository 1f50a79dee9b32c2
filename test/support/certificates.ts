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

/** Makes an authority, a server's certificate for 127.0.0.1 and a client's, and a stranger's of an authority of its own. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'nodepool-certificates-'));
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args, { cwd: folder });
  const authority = async (name: string): Promise<void> => {
    await openssl('req', '-x509', ...newKey(name), '-out', `${name}.pem`, '-days', '2', '-subj', `/CN=${name}`);
  };
  const issue = async (name: string, by: string): Promise<void> => {
    await openssl('req', ...newKey(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    await writeFile(file('names'), 'subjectAltName=IP:127.0.0.1\n');
    const signer = ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial'];
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...signer,
      '-out',
      `${name}.pem`,
      '-days',
      '2',
      '-extfile',
      'names',
    );
  };
  await authority('authority');
  await authority('elsewhere');
  await issue('server', 'authority');
  await issue('client', 'authority');
  await issue('stranger', 'elsewhere');
  await writeFile(
    file('keystore.pem'),
    (await readFile(file('server.key'), 'utf8')) + (await readFile(file('server.pem'), 'utf8')),
  );
  return {
    server: { keyStore: file('keystore.pem'), trustStore: file('authority.pem') },
    client: { cert: file('client.pem'), key: file('client.key'), ca: file('authority.pem') },
    stranger: { cert: file('stranger.pem'), key: file('stranger.key'), ca: file('authority.pem') },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function newKey(name: string): string[] {
  return ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`];
}
