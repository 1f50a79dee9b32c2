/**
 * A process that does to each request named to it what has to be done at the least, and nothing else: no mirror, no decisions, no
 * checks, no log. It is the limit that the launcher is measured against.
 */
import { RawClient } from './raw-client.js';
import { aNode, aRequest } from '../support/builders.js';
import { nodeCodec } from '../../src/adapters/records/node-codec.js';
import { requestCodec } from '../../src/adapters/records/request-codec.js';

/** As many as the launcher has on their way. */
const AT_ONCE = 100;

const EMPTY = new Uint8Array();
const [, , address = '', chroot = ''] = process.argv;
const client = await RawClient.connect(address);
const queue: string[] = [];
let running = 0;
let names = 0;

async function lock(folder: string): Promise<string> {
  names += 1;
  const contender = `${folder}/${names.toString(16).padStart(32, '0')}__lock__`;
  const [, path] = await Promise.all([
    client.create(folder, EMPTY),
    client.create(contender, EMPTY, { ephemeral: true, sequential: true }),
    client.list(folder),
  ]);
  return path;
}

async function serve(id: string): Promise<void> {
  const path = `${chroot}/nodepool/requests/${id}`;
  const requestLock = await lock(`${chroot}/nodepool/requests-lock/${id}`);
  const { data, version } = await client.read(path);
  const { created_time: createdTime } = JSON.parse(new TextDecoder().decode(data)) as { readonly created_time: number };
  const pending = await client.write(path, requestCodec.encode(aRequest({ state: 'pending', createdTime })), version);
  const node = await client.create(`${chroot}/nodepool/nodes/`, nodeCodec.encode(aNode({ state: 'init' })), {
    sequential: true,
  });
  const nodeLock = await lock(`${node}/lock`);
  const building = await client.write(node, nodeCodec.encode(aNode({ state: 'building' })), 0);
  await client.write(node, nodeCodec.encode(aNode({ state: 'ready' })), building);
  await client.remove(nodeLock);
  const nodes = [node.slice(node.lastIndexOf('/') + 1)];
  const stateTime = Date.now() / 1000;
  const fulfilled = aRequest({ state: 'fulfilled', stateTime, createdTime, nodes });
  await client.write(path, requestCodec.encode(fulfilled), pending);
  await client.remove(requestLock);
}

function next(): void {
  while (running < AT_ONCE) {
    const id = queue.shift();
    if (id === undefined) return;
    running += 1;
    serve(id).then(
      () => {
        running -= 1;
        next();
      },
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  }
}

process.on('message', (ids: readonly string[]) => {
  queue.push(...ids);
  next();
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
