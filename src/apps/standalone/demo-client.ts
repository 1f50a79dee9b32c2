import type { NodepoolConfig } from '../../domain/config/config.js';
import { currentUpload } from '../../domain/decide/current-image.js';
import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import { REQUEST_DEFAULTS } from '../../domain/model/request.js';
import type { Node } from '../../domain/model/node.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import type { Records } from '../../ports/records/records.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { asError, sleep } from '../../ports/toolkit/sleep.js';

/**
 * A client in the manner of Zuul: asks for nodes, waits, locks and uses them, and gives them back (spec LAUNCHER 4.2). It knows
 * nothing of the launcher but the records.
 */
export class DemoClient {
  constructor(
    private readonly records: Records,
    private readonly clock: Clock,
  ) {}

  /** Resolves when every configured image can be booted in every provider that wants it. */
  async imagesUploaded(config: NodepoolConfig, signal: AbortSignal): Promise<void> {
    const { view } = this.records.images;
    const wanted = [...config.providers.values()].flatMap((provider) =>
      [...provider.diskImages.values()]
        .filter((image) => !image.pause)
        .map((image) => ({ image: image.name, provider: provider.name })),
    );
    await this.until(
      () => wanted.every(({ image, provider }) => currentUpload(view.uploads({ image }), provider)) || undefined,
      (check) => view.onChange(check),
      signal,
    );
  }

  /** Asks for nodes, uses them and gives them back. Resolves with their ids; rejects when the request failed. */
  async useNodes(labels: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const now = this.clock.now();
    const request = await this.records.requests.create('200', {
      ...REQUEST_DEFAULTS,
      state: 'requested',
      stateTime: now,
      createdTime: now,
      nodeTypes: labels,
      requestor: 'quickstart',
    });
    const answer = await this.answer(request.id, signal);
    if (answer.state !== 'fulfilled') throw new Error(`the request for ${labels.join(', ')} is ${answer.state}`);
    const nodes: RecordLease<Node>[] = [];
    try {
      for (const id of answer.nodes) nodes.push(await this.lock(id, request.id, signal));
      await this.records.requests.remove(request.id);
      for (const node of nodes) await node.update({ state: 'in-use' });
      await sleep(this.clock, 1, signal);
      for (const node of nodes) await node.update({ state: 'used' });
      return nodes.map((node) => node.id);
    } finally {
      await Promise.all(nodes.map((node) => node.release()));
    }
  }

  /** Resolves when no record of these nodes is left. */
  async nodesGone(ids: readonly string[], signal: AbortSignal): Promise<void> {
    const { view } = this.records.nodes;
    await this.until(
      () => ids.every((id) => !view.get(id)) || undefined,
      (check) => view.onChange(check),
      signal,
    );
  }

  private answer(id: RequestId, signal: AbortSignal): Promise<NodeRequest> {
    const { view } = this.records.requests;
    return this.until(
      () => {
        const request = view.get(id)?.value;
        return request && (request.state === 'fulfilled' || request.state === 'failed') ? request : undefined;
      },
      (check) => view.onChange(check),
      signal,
    );
  }

  private async lock(id: string, request: RequestId, signal: AbortSignal): Promise<RecordLease<Node>> {
    const outcome = await this.records.nodes.lock(id, { wait: 30, signal });
    if (outcome.kind !== 'locked') throw new Error(`node ${id} is ${outcome.kind}`);
    const owner = outcome.lease.current.value.allocatedTo;
    if (owner === request) return outcome.lease;
    await outcome.lease.release();
    throw new Error(`node ${id} is allocated to ${String(owner)}, not to ${request}`);
  }

  private until<T>(
    check: () => T | undefined,
    watch: (again: () => void) => () => void,
    signal: AbortSignal,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (then: () => void): void => {
        unsubscribe();
        signal.removeEventListener('abort', onAbort);
        then();
      };
      const onAbort = (): void => finish(() => reject(asError(signal.reason)));
      const again = (): void => {
        const found = check();
        if (found !== undefined) finish(() => resolve(found));
      };
      const unsubscribe = watch(again);
      signal.addEventListener('abort', onAbort, { once: true });
      again();
    });
  }
}
