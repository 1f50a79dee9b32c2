import { connect } from 'node:net';

export interface SessionKey {
  readonly id: bigint;
  readonly password: Buffer;
}

/** Really ends a session on the server: connects as the session's owner and closes it. Resolves when the server has done so. */
export function endSession(port: number, key: SessionKey): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const timer = setTimeout(() => socket.destroy(new Error('The server did not end the session')), 10_000);
    let asked = false;
    socket.on('connect', () => socket.write(connectRequest(key)));
    socket.on('data', () => {
      if (!asked) socket.write(closeRequest());
      asked = true;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Session id and password from the server's answer to a connect request (without its length), if it granted a session. */
export function sessionOf(answer: Buffer): SessionKey | undefined {
  if (answer.length < 36) return undefined;
  const id = answer.readBigInt64BE(8);
  return id === 0n ? undefined : { id, password: Buffer.from(answer.subarray(20, 36)) };
}

function connectRequest({ id, password }: SessionKey): Buffer {
  const body = Buffer.alloc(45);
  body.writeInt32BE(10_000, 12); // session time-out in milliseconds
  body.writeBigInt64BE(id, 16);
  body.writeInt32BE(password.length, 24);
  password.copy(body, 28);
  return framed(body);
}

function closeRequest(): Buffer {
  const body = Buffer.alloc(8);
  body.writeInt32BE(1, 0);
  body.writeInt32BE(-11, 4);
  return framed(body);
}

function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}
