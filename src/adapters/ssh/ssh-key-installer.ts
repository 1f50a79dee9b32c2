import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Client, ConnectConfig } from 'ssh2';
import type { LeasedNode } from '../../domain/model/lease.js';
import type { KeyInstaller } from '../../ports/leasing/key-installer.js';
import { asError } from '../../ports/toolkit/sleep.js';
import { sshClient } from './ssh-client.js';

/** Milliseconds for a connection to be there. */
const READY = 20_000;

/**
 * Appends what is missing to `authorized_keys` of the user who logs in; the keys come over the standard input, so that nothing of
 * them is seen by a shell. A last line without its end is ended first.
 */
const COMMAND = [
  'umask 077',
  'mkdir -p "$HOME/.ssh"',
  'f="$HOME/.ssh/authorized_keys"',
  'touch "$f"',
  '[ -z "$(tail -c1 "$f")" ] || echo >> "$f"',
  'while IFS= read -r k; do grep -qxF -- "$k" "$f" || printf "%s\\n" "$k" >> "$f" || exit 1; done',
].join('; ');

/** Lets keys in over SSH; the machine has to show one of the keys that its node record has. */
export class SshKeyInstaller implements KeyInstaller {
  async install(node: LeasedNode, keys: readonly string[], identity: string, signal: AbortSignal): Promise<void> {
    const privateKey = await readFile(identity);
    const { interfaceIp: host, connectionPort: port, username } = node;
    if (host === null || port === null || username === null) throw new Error('the node has no address or user');
    const client = await connected(
      { host, port, username, privateKey, readyTimeout: READY, hostVerifier: verifier(node.hostKeys) },
      signal,
    );
    try {
      await run(client, COMMAND, `${keys.join('\n')}\n`, signal);
    } finally {
      client.end();
    }
  }
}

/** Without keys in the record nobody has said what to expect. */
function verifier(hostKeys: readonly string[]): (key: Buffer) => boolean {
  const known = new Set(hostKeys.map((line) => fingerprint(Buffer.from(line.split(' ')[1] ?? '', 'base64'))));
  return (key) => known.size === 0 || known.has(fingerprint(key));
}

function fingerprint(key: Buffer): string {
  return createHash('sha256').update(key).digest('base64');
}

function connected(options: ConnectConfig, signal: AbortSignal): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = sshClient();
    const onAbort = (): void => fail(asError(signal.reason));
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', onAbort);
      client.on('error', () => undefined);
      client.destroy();
      reject(error);
    };
    client.once('ready', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(client);
    });
    client.once('error', fail);
    client.once('close', () => fail(new Error('the connection was closed')));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    client.connect(options);
  });
}

function run(client: Client, command: string, input: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      client.destroy();
      reject(asError(signal.reason));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const finish = (error?: Error): void => {
      signal.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve();
    };
    client.once('error', finish);
    client.once('close', () => finish(new Error('the connection was closed')));
    client.exec(command, (error, channel) => {
      if (error) return finish(error);
      let said = '';
      channel.stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(0, 500)));
      channel.resume();
      channel.once('close', (status: number | null) =>
        finish(status === 0 ? undefined : new Error(`the machine answered ${String(status)}: ${said.trim()}`)),
      );
      channel.end(input);
    });
  });
}
