import type { LoggedChange, LoggedEvent } from '../../../support/transaction-log.js';

type Json = Readonly<Record<string, unknown>>;

/** A log as somebody would write it by hand: what each session did, in order, each in a transaction of its own. */
export class HandMadeLog {
  readonly events: LoggedEvent[] = [];
  private transaction = 0;

  create(session: string, path: string, record: Json | null = null): this {
    return this.add('create', session, path, record);
  }

  write(session: string, path: string, record: Json): this {
    return this.add('write', session, path, record);
  }

  remove(session: string, path: string): this {
    return this.add('remove', session, path, null);
  }

  lock(session: string, folder: string, sequence = 0): this {
    return this.create(session, contender(session, folder, sequence));
  }

  unlock(session: string, folder: string, sequence = 0): this {
    return this.remove(session, contender(session, folder, sequence));
  }

  /** What is added by `content` belongs to one transaction. */
  together(content: (log: HandMadeLog) => void): this {
    const part = new HandMadeLog();
    content(part);
    const transaction = this.next();
    this.events.push(...part.events.map((event) => ({ ...event, transaction })));
    return this;
  }

  /** Nothing of interest happens for so many transactions. */
  pass(transactions: number): this {
    this.transaction += transactions;
    return this;
  }

  end(session: string): this {
    this.events.push({ kind: 'session-end', session, transaction: this.next() });
    return this;
  }

  private add(kind: LoggedChange['kind'], session: string, path: string, record: Json | null): this {
    this.events.push({ kind, session, path, record, transaction: this.next() });
    return this;
  }

  private next(): string {
    this.transaction += 1;
    return `0x${this.transaction.toString(16)}`;
  }
}

function contender(session: string, folder: string, sequence: number): string {
  return `${folder}/${session}__lock__${String(sequence).padStart(10, '0')}`;
}
