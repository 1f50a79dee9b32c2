import type { LeaseView } from '../../domain/lease-client/lease-view.js';
import type { LeaseService, LeaseWish } from './lease-service.js';

/** What one who takes a lease is told meanwhile. */
export interface LeaseNews {
  /** Why it still waits, in one line; told again when it changes. */
  waiting(line: string): void;
  /** It waits no more. */
  done(): void;
  /** Something that does not stop the work but should be known. */
  note(line: string): void;
}

export interface TakeOrder {
  readonly wish: LeaseWish;
  /** Seconds without any answer before the gateway counts as away; null: 15 before the first answer, a ttl afterwards. */
  readonly patience: number | null;
  /** Do not wait for the machines. */
  readonly detach: boolean;
}

export interface RunOrder extends Omit<TakeOrder, 'detach'> {
  readonly command: readonly [string, ...string[]];
  /** Here, in place of on the first machine. */
  readonly local: boolean;
  /** Copy the current folder there first, and run in it. */
  readonly sync: boolean;
  /** A private key for ssh, absolute; null: those that ssh finds. */
  readonly identity: string | null;
}

/** Why there is no machine, or no end of the command that counts. The message is for people. */
export class LeaseFailure extends Error {
  readonly code = 'NP_LEASE_FAILURE';
  override readonly name = 'LeaseFailure';

  constructor(
    readonly why: 'no-machine' | 'away' | 'lost' | 'not-allowed' | 'usage' | 'stopped' | 'other',
    message: string,
    /** With `stopped`: of the signal that asked for it. */
    readonly signalNumber = 0,
  ) {
    super(message);
  }
}

/** Takes leases and runs commands on them, on behalf of one who sits at a command line. */
export interface LeaseDesk {
  readonly service: LeaseService;
  /** Waits until the machines are there. A signal that asks us to end gives the lease back first. @throws LeaseFailure */
  take(order: TakeOrder, news: LeaseNews): Promise<LeaseView>;
  /** Takes a lease, keeps it while the command runs, and gives it back. Answers the command's exit status. @throws LeaseFailure */
  run(order: RunOrder, news: LeaseNews): Promise<number>;
  /** Files about the machines that stay until `forget`. */
  files(lease: LeaseView): LeaseFileSet;
  forget(id: string): void;
  close(): Promise<void>;
}

/** Texts for people and programs, and the variables that name the files that hold them. */
export interface LeaseFileSet {
  readonly inventory: string;
  readonly sshConfig: string;
  readonly environment: Readonly<Record<string, string>>;
}
