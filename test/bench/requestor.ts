import { setTimeout as delay } from 'node:timers/promises';
import { requestCodec } from '../../src/adapters/records/request-codec.js';
import { aRequest } from '../support/builders.js';
import { LABEL } from './launcher-process.js';
import type { RawClient } from './raw-client.js';

/** Requests created between two turns of the event loop. */
const BATCH = 100;
/** Milliseconds between two looks at a request that is not fulfilled yet. */
const LOOK_AGAIN = 1;
const PATIENCE = 120_000;

interface StoredRequest {
  readonly state: string;
  readonly state_time: number;
  readonly created_time: number;
}

/** A client as cheap as can be, so that the measured process has the machine to itself. */
export class Requestor {
  private readonly folder: string;

  constructor(
    private readonly client: RawClient,
    chroot: string,
  ) {
    this.folder = `${chroot}/nodepool/requests`;
  }

  /** Made to ZooKeeper so far. */
  get calls(): number {
    return this.client.calls;
  }

  /** Creates requests as fast as it goes; `created` is told of them batch by batch. */
  async submit(count: number, created: (ids: readonly string[]) => void = () => undefined): Promise<readonly string[]> {
    const all: string[] = [];
    while (all.length < count) {
      const now = Date.now() / 1000;
      const request = aRequest({
        stateTime: now,
        createdTime: now,
        nodeTypes: [LABEL],
        reuse: false,
        eventId: 'bench',
      });
      const data = requestCodec.encode(request);
      const paths = await Promise.all(
        Array.from({ length: Math.min(BATCH, count - all.length) }, () =>
          this.client.create(`${this.folder}/200-`, data, { ephemeral: true, sequential: true }),
        ),
      );
      const ids = paths.map((path) => path.slice(path.lastIndexOf('/') + 1));
      all.push(...ids);
      created(ids);
    }
    return all;
  }

  /** Asks, before all others, for what nobody has, and resolves once everybody has declined: whatever came before has been seen then. */
  async declined(): Promise<void> {
    const now = Date.now() / 1000;
    const request = aRequest({ stateTime: now, createdTime: now, nodeTypes: ['nobody-has-it'], eventId: 'bench' });
    const data = requestCodec.encode(request);
    const path = await this.client.create(`${this.folder}/100-`, data, { ephemeral: true, sequential: true });
    const id = path.slice(path.lastIndexOf('/') + 1);
    const deadline = Date.now() + PATIENCE;
    while ((await this.look(id)).state !== 'failed') {
      if (Date.now() > deadline) throw new Error(`Request ${id} is not answered`);
      await delay(LOOK_AGAIN);
    }
  }

  /**
   * Resolves when all are fulfilled, with the milliseconds that each took by the times in its record. Looks at one after the other,
   * for they are served about in this order.
   */
  async fulfilled(ids: readonly string[], lookAgain = LOOK_AGAIN): Promise<readonly number[]> {
    const deadline = Date.now() + PATIENCE;
    const times: number[] = [];
    for (const id of ids) {
      let request = await this.look(id);
      while (request.state !== 'fulfilled') {
        if (request.state === 'failed') throw new Error(`Request ${id} has failed`);
        if (Date.now() > deadline) throw new Error(`Request ${id} is not served`);
        await delay(lookAgain);
        request = await this.look(id);
      }
      times.push(1000 * (request.state_time - request.created_time));
    }
    return times;
  }

  private async look(id: string): Promise<StoredRequest> {
    const { data } = await this.client.read(`${this.folder}/${id}`);
    return JSON.parse(new TextDecoder().decode(data)) as StoredRequest;
  }
}
