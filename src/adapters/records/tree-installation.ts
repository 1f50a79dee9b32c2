import { ConnectionLostError, RecordExistsError, SessionLostError } from '../../ports/coordination/errors.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import type { InstallationRecord } from '../../ports/records/installation.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Random } from '../../ports/runtime/random.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { INSTALLATION } from './paths.js';
import { formatPythonJson } from './python-json.js';
import { encodeText, parseObject } from './record-codec.js';

/** Seconds before the next try when the connection was lost. */
const PAUSE = 1;

/** How often it may be there when we make it and gone when we read it. */
const MOST_TRIES = 5;

/** What clouds take as a value, and nothing that could be mistaken. */
const ID = /^[\w.-]{1,64}$/;

/** The installation's id, `/nodepool/installation`: a place of which Python daemons know nothing. */
export class TreeInstallation implements InstallationRecord {
  private known: string | null = null;
  private madeUp: string | null = null;
  /** The session under which it was learnt. */
  private generation = 0;
  private readonly all = new Set<string>();

  constructor(
    private readonly context: {
      readonly store: TreeStore;
      readonly clock: Clock;
      readonly random: Random;
      readonly logger: Logger;
    },
  ) {
    context.store.session.onChange(({ state }) => {
      if (state === 'lost') this.madeUp = null;
    });
  }

  get former(): ReadonlySet<string> {
    return new Set([...this.all].filter((id) => id !== this.known));
  }

  get id(): string | null {
    return this.known;
  }

  get keyId(): string {
    if (this.known !== null && this.generation === this.context.store.session.generation) return this.known;
    this.madeUp ??= this.context.random.hexId();
    return this.madeUp;
  }

  async learn(signal?: AbortSignal): Promise<string | null> {
    const { store, clock } = this.context;
    for (;;) {
      try {
        await store.session.connected(signal);
        return this.learnt(store.session.generation, await this.readOrMake());
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof ConnectionLostError || error instanceof SessionLostError)) throw error;
        await sleep(clock, PAUSE, signal);
      }
    }
  }

  /** What was read under a session that is over may be of another store. */
  private learnt(generation: number, id: string | null): string | null {
    if (generation !== this.context.store.session.generation)
      throw new SessionLostError('The session expired', INSTALLATION);
    this.known = id;
    this.generation = generation;
    if (id !== null) this.all.add(id);
    return id;
  }

  /** Creating fails if it exists: of all that start together one makes the id. What was created unheard is read the next time. */
  private async readOrMake(tries = 1): Promise<string | null> {
    const { store, random } = this.context;
    const record = await store.read(INSTALLATION);
    if (record) return this.decode(record.data);
    try {
      const id = random.hexId();
      await store.create(INSTALLATION, encodeText(formatPythonJson({ id })), { makeParents: true });
      return id;
    } catch (error) {
      if (error instanceof RecordExistsError && tries < MOST_TRIES) return this.readOrMake(tries + 1);
      throw error;
    }
  }

  private decode(data: Uint8Array): string | null {
    const decoded = parseObject(data);
    const id = 'value' in decoded ? decoded.value['id'] : undefined;
    if (typeof id === 'string' && ID.test(id)) return id;
    this.context.logger.warn(`${INSTALLATION} has no usable id: what we make in clouds bears none`);
    return null;
  }
}
