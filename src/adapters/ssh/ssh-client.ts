import { createRequire } from 'node:module';
import type * as ssh2 from 'ssh2';

const require = createRequire(import.meta.url);

/** A client that is not connected. The library is loaded with the first one: 14 MB that daemons without SSH do without. */
export function sshClient(): ssh2.Client {
  const { Client } = require('ssh2') as typeof ssh2;
  return new Client();
}
