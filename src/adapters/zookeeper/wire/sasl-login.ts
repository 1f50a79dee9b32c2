import { createHash, randomBytes } from 'node:crypto';
import { OK } from '../error-codes.js';
import { request } from './messages.js';
import { OPERATION } from './protocol.js';
import type { WireConnection } from './wire-connection.js';

export interface SaslCredentials {
  readonly username: string;
  readonly password: string;
}

/** Answers with what is wrong, or null. */
type Done = (problem: string | null) => void;

/** Signs in by DIGEST-MD5 (RFC 2831, as ZooKeeper's servers speak it: qop `auth`, service `zookeeper/zk-sasl-md5`). */
export class SaslLogin {
  constructor(
    private readonly credentials: SaslCredentials,
    private readonly clientNonce: () => string = () => randomBytes(16).toString('hex'),
  ) {}

  login(connection: WireConnection, done: Done): void {
    this.exchange(connection, new Uint8Array(), done, (challenge) => {
      const response = this.answerTo(Buffer.from(challenge).toString('utf8'));
      if (response === null) return done('the server sent no challenge of DIGEST-MD5');
      this.exchange(connection, Buffer.from(response, 'utf8'), done, () => done(null));
    });
  }

  private exchange(connection: WireConnection, token: Uint8Array, done: Done, next: (token: Uint8Array) => void): void {
    const xid = connection.nextXid();
    connection.send(xid, request(xid, OPERATION.sasl).bytes(token).frame(), {
      answered: (code, body) => (code === OK ? next(body.bytes()) : done(`the server refused (error ${code})`)),
      // The session hears of the end of its connection by itself.
      cutOff: () => undefined,
    });
  }

  /** @returns null for a challenge that is none */
  answerTo(challenge: string): string | null {
    const said = new Map(
      [...challenge.matchAll(/([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))/g)].map(([, name = '', quoted, plain]) => [
        name.toLowerCase(),
        quoted ?? plain ?? '',
      ]),
    );
    const nonce = said.get('nonce');
    if (nonce === undefined) return null;
    const realm = said.get('realm') ?? 'zk-sasl-md5';
    const { username, password } = this.credentials;
    const facts = { nonce, realm, cnonce: this.clientNonce(), uri: DIGEST_URI };
    const response = digest(username, password, facts);
    return [
      'charset=utf-8',
      `username="${escaped(username)}"`,
      `realm="${escaped(realm)}"`,
      `nonce="${escaped(nonce)}"`,
      'nc=00000001',
      `cnonce="${facts.cnonce}"`,
      `digest-uri="${DIGEST_URI}"`,
      'maxbuf=65536',
      `response=${response}`,
      'qop=auth',
    ].join(',');
  }
}

const DIGEST_URI = 'zookeeper/zk-sasl-md5';

interface DigestFacts {
  readonly nonce: string;
  readonly realm: string;
  readonly cnonce: string;
  readonly uri: string;
}

/** RFC 2831, 2.1.2.1. */
function digest(username: string, password: string, { nonce, realm, cnonce, uri }: DigestFacts): string {
  const secret = md5(Buffer.from(`${username}:${realm}:${password}`, 'utf8'));
  const a1 = md5(Buffer.concat([secret, Buffer.from(`:${nonce}:${cnonce}`, 'utf8')])).toString('hex');
  const a2 = md5(Buffer.from(`AUTHENTICATE:${uri}`, 'utf8')).toString('hex');
  return md5(Buffer.from(`${a1}:${nonce}:00000001:${cnonce}:auth:${a2}`, 'utf8')).toString('hex');
}

function md5(data: Buffer): Buffer {
  return createHash('md5').update(data).digest();
}

function escaped(text: string): string {
  return text.replace(/[\\"]/g, '\\$&');
}
