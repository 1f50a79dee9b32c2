import { NativeClient } from '../../src/adapters/zookeeper/native-client.js';

/** The bare binding with promises around it: what our store is compared with. Rejects with an error that carries the code. */
export class RawClient {
  /** Made so far. */
  calls = 0;

  private constructor(private readonly native: NativeClient) {}

  static async connect(address: string): Promise<RawClient> {
    let connected: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => (connected = resolve));
    const native = NativeClient.open(
      { connect: address, sessionTimeout: 10, credentials: null },
      { onConnected: () => connected(), onDisconnected: ignore, onEnded: ignore, onWatch: ignore },
    );
    if (!native) throw new Error(`No connection to ${address}`);
    await ready;
    return new RawClient(native);
  }

  create(
    path: string,
    data: Uint8Array,
    options: { readonly ephemeral?: boolean; readonly sequential?: boolean } = {},
  ): Promise<string> {
    return this.call((done) => this.native.create(path, data, options, (code, created) => done(code, created ?? '')));
  }

  read(path: string): Promise<{ readonly data: Uint8Array; readonly version: number }> {
    return this.call((done) =>
      this.native.read(path, false, (code, stat, data) =>
        done(code, { data: data ?? new Uint8Array(), version: stat?.version ?? 0 }),
      ),
    );
  }

  list(path: string): Promise<readonly string[]> {
    return this.call((done) => this.native.list(path, false, (code, names) => done(code, names ?? [])));
  }

  write(path: string, data: Uint8Array, version: number): Promise<number> {
    return this.call((done) => this.native.write(path, data, version, (code, stat) => done(code, stat?.version ?? 0)));
  }

  remove(path: string): Promise<void> {
    return this.call((done) => this.native.remove(path, -1, (code) => done(code, undefined)));
  }

  /** Creates what is missing of the path. */
  async makeFolders(path: string): Promise<void> {
    const names = path.split('/').slice(1);
    for (let length = 1; length <= names.length; length += 1) {
      await this.create(`/${names.slice(0, length).join('/')}`, new Uint8Array()).catch((error: unknown) => {
        if ((error as { readonly code?: number }).code !== NODE_EXISTS) throw error;
      });
    }
  }

  async close(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.native.close();
  }

  private call<T>(issue: (done: (code: number, result: T) => void) => number): Promise<T> {
    this.calls += 1;
    return new Promise((resolve, reject) => {
      const done = (code: number, result: T): void => {
        if (code === 0) resolve(result);
        else reject(Object.assign(new Error(`ZooKeeper answered ${code}`), { code }));
      };
      const code = issue(done);
      if (code !== 0) reject(Object.assign(new Error(`ZooKeeper refused with ${code}`), { code }));
    });
  }
}

const NODE_EXISTS = -110;

function ignore(): void {
  // Nothing the benchmark could do about it; the calls reject.
}
