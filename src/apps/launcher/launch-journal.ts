import type { Decision } from '../../domain/explain/reason.js';
import type { Node } from '../../domain/model/node.js';
import type { Stored } from '../../domain/model/stored.js';
import type { DecisionJournal, DecisionSubject } from '../../ports/telemetry/journal.js';

/** What is told about one node while it is launched. */
export class LaunchJournal {
  private readonly subject: DecisionSubject;
  private attempt = 1;

  constructor(
    private readonly journal: DecisionJournal,
    { id, value }: Stored<Node>,
    private readonly attempts: number,
  ) {
    this.subject = { kind: 'node', id, decider: value.launcher ?? value.provider ?? 'launcher' };
  }

  launching(attempt: number): void {
    this.attempt = attempt;
    this.record({ verdict: 'launch', because: [{ code: 'LAUNCHING', attempt, attempts: this.attempts }] });
  }

  /** The instance runs; what is left of the attempt is to get its host keys. */
  scanning(): void {
    const { attempt, attempts } = this;
    this.record({ verdict: 'launch', because: [{ code: 'LAUNCHING', attempt, attempts, stage: 'host keys' }] });
  }

  ready(attempt: number, seconds: number): void {
    this.record({ verdict: 'ready', because: [{ code: 'LAUNCHED', attempt, seconds }] });
  }

  attemptFailed(attempt: number, problem: string): void {
    const { attempts } = this;
    this.record({ verdict: 'retry', because: [{ code: 'LAUNCH_ATTEMPT_FAILED', attempt, attempts, problem }] });
  }

  /** The cloud has no room or no time for it now: its request waits. */
  refused(attempt: number, problem: string): void {
    const { attempts } = this;
    this.record({ verdict: 'abort', because: [{ code: 'LAUNCH_ATTEMPT_FAILED', attempt, attempts, problem }] });
  }

  failed(attempts: number, problem: string): void {
    const node = this.subject.id;
    this.record({ verdict: 'fail', because: [{ code: 'LAUNCH_FAILED', node, attempts, problem }] });
  }

  aborted(provider: string, problem: string): void {
    this.record({ verdict: 'abort', because: [{ code: 'CLOUD_QUOTA', provider, problem }] });
  }

  private record(decision: Decision<string>): void {
    this.journal.record(this.subject, decision);
  }
}
