import type { NodepoolConfig } from '../../domain/config/config.js';
import type { SubjectKind } from '../../domain/explain/explanation.js';
import type {
  Explanations,
  Inquiries,
  InquiryResult,
  LauncherAnswer,
} from '../../ports/administration/explanations.js';
import type { LauncherOpinions } from '../../ports/administration/launcher-opinions.js';
import type { LauncherRegistry } from '../../ports/records/launchers.js';

/** Launchers asked at once at most; what is registered beyond that is left out, for nobody reads it all. */
const MOST_LAUNCHERS = 50;

/** Host names as records may hold them, and addresses; what else stands there is not sent anywhere. */
const HOST = /^[A-Za-z0-9_.-]+$|^[0-9A-Fa-f:.]+$/;

/** Explains from the records, and asks the launchers for their decisions. */
export class LauncherInquiries implements Inquiries {
  constructor(
    private readonly explanations: Explanations,
    private readonly registry: Pick<LauncherRegistry, 'processes'>,
    private readonly opinions: LauncherOpinions,
    private readonly config: () => NodepoolConfig,
  ) {}

  async ask(
    kind: SubjectKind,
    id: string,
    addresses: readonly string[],
    signal?: AbortSignal,
    changes: readonly string[] = [],
  ): Promise<InquiryResult> {
    const asked = addresses.length > 0 ? addresses : await this.registered();
    const ask = (all: readonly string[]): Promise<readonly LauncherAnswer[]> =>
      Promise.all(
        [...new Set(all)]
          .slice(0, MOST_LAUNCHERS)
          .map((address) => this.opinions.ask(address, kind, id, signal, changes)),
      );
    const builders = kind === 'image' && addresses.length === 0 ? await this.builders() : undefined;
    const [launchers, built] = await Promise.all([ask(asked), builders && ask(builders)]);
    signal?.throwIfAborted();
    const answer = { records: this.explanations.explain(kind, id), launchers };
    return builders === undefined ? answer : { ...answer, builders: built ?? null };
  }

  private registered(): Promise<readonly string[]> {
    return this.addresses('launcher', this.config().webapp.port);
  }

  /** Null: they open no port. */
  private async builders(): Promise<readonly string[] | null> {
    const { builderPort } = this.config().webapp;
    return builderPort === undefined ? null : this.addresses('builder', builderPort);
  }

  /** All daemons of a kind are taken to use the port of our configuration: they share nodepool.yaml. */
  private async addresses(kind: 'launcher' | 'builder', port: number): Promise<readonly string[]> {
    const processes = await this.registry.processes(kind);
    return processes
      .filter(({ hostname }) => HOST.test(hostname))
      .map(({ hostname }) => `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`);
  }
}
