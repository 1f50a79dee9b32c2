import { explainReason } from '../../domain/explain/explained-reason.js';
import type { NodeState } from '../../domain/model/node.js';
import type { RequestState } from '../../domain/model/request.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { DecisionJournal } from '../../ports/telemetry/journal.js';
import type { Records } from '../../ports/records/records.js';

const NODE_WORDS: Partial<Readonly<Record<NodeState, string>>> = {
  building: 'is being launched',
  ready: 'is ready',
  'in-use': 'is in use',
  used: 'was given back',
  hold: 'is held',
  deleting: 'is being deleted',
  failed: 'failed to launch',
  aborted: 'has to wait for quota',
};

const REQUEST_WORDS: Readonly<Record<RequestState, string>> = {
  requested: 'asks for',
  pending: 'is being served:',
  fulfilled: 'is fulfilled:',
  failed: 'cannot be served:',
};

/** Tells in short lines what happens in the records: images being built and uploaded, nodes coming and going, requests served. */
export class Narrator {
  private readonly told = new Set<string>();
  private readonly started: number;

  constructor(
    private readonly records: Records,
    private readonly clock: Clock,
    private readonly print: (line: string) => void,
    /** What the launcher of this process has decided. */
    private readonly journal: Pick<DecisionJournal, 'entries'>,
  ) {
    this.started = clock.monotonic();
  }

  /** Begins; answers the way to end. */
  start(): () => void {
    const { nodes, requests, images } = this.records;
    const unsubscribe = [
      images.view.onChange(() => this.tellImages()),
      nodes.view.onChange((change) => {
        if (change.kind === 'added' || change.kind === 'updated') this.tellNode(change.id);
        if (change.kind === 'removed') this.tell(`node ${short(change.id)} gone`, `node ${short(change.id)} is gone`);
      }),
      requests.view.onChange((change) => {
        if (change.kind === 'added' || change.kind === 'updated') this.tellRequest(change.id);
      }),
    ];
    return () => unsubscribe.forEach((undo) => undo());
  }

  line(text: string): void {
    const seconds = (this.clock.monotonic() - this.started).toFixed(1).padStart(6);
    this.print(`${seconds} s  ${text}`);
  }

  private tellImages(): void {
    const { view } = this.records.images;
    for (const { image, build, value } of view.builds()) {
      const words = {
        building: 'is being built',
        ready: `is built (${value.formats.join(', ')})`,
        failed: 'failed to build',
      };
      if (value.state !== 'deleting')
        this.tell(`build ${build} ${value.state}`, `image ${image} ${words[value.state]}`);
    }
    for (const { image, build, provider, upload, value } of view.uploads()) {
      const words = {
        uploading: 'is being uploaded to',
        ready: 'can be booted in',
        failed: 'could not be uploaded to',
      };
      if (value.state === 'deleting') continue;
      this.tell(
        `upload ${build} ${provider} ${upload} ${value.state}`,
        `image ${image} ${words[value.state]} ${provider}`,
      );
    }
  }

  private tellNode(id: string): void {
    const node = this.records.nodes.view.get(id)?.value;
    const words = node && NODE_WORDS[node.state];
    if (!node || !words) return;
    const where = node.state === 'building' ? ` in ${node.provider ?? '?'}` : '';
    const address = node.state === 'ready' ? ` at ${node.interfaceIp ?? '?'}` : '';
    this.tell(`node ${id} ${node.state}`, `node ${short(id)} (${node.type.join(',')}) ${words}${where}${address}`);
  }

  private tellRequest(id: string): void {
    const request = this.records.requests.view.get(id)?.value;
    if (!request) return;
    const what =
      request.state === 'fulfilled' ? `nodes ${request.nodes.map(short).join(', ')}` : request.nodeTypes.join(', ');
    const who = `request ${id} of ${request.requestor ?? 'somebody'}`;
    this.tell(`request ${id} ${request.state}`, `${who} ${REQUEST_WORDS[request.state]} ${what}`);
    if (request.state === 'failed')
      for (const reason of this.whyFailed(id)) this.tell(`request ${id} ${reason}`, reason);
  }

  /** What each pool has said about a request that nobody can serve. */
  private whyFailed(id: string): readonly string[] {
    const now = this.clock.now();
    const all = this.journal.entries('request', id).flatMap(({ decision }) => decision.because);
    return [...new Set(all.map((reason) => `  because ${explainReason(reason, now).text}`))];
  }

  private tell(key: string, text: string): void {
    if (this.told.has(key)) return;
    this.told.add(key);
    this.line(text);
  }
}

function short(id: string): string {
  return id.replace(/^0+(?=\d)/, '');
}
