import type { LeaseView } from '../../domain/lease-client/lease-view.js';
import type { ForegroundPrograms, ProgramEnd, ProgramOrder } from '../../ports/lease-client/foreground-programs.js';
import { LeaseFailure, type LeaseNews, type RunOrder } from '../../ports/lease-client/lease-desk.js';
import type { LeaseService, LeaseVerdict } from '../../ports/lease-client/lease-service.js';
import type { PrivateFolder, PrivateFolders } from '../../ports/lease-client/private-folders.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { giveBack } from './give-back.js';
import { keepLease } from './keep-lease.js';
import { writeLeaseFiles } from './lease-file-set.js';
import { remotePlan } from './remote-programs.js';
import type { StopRequest } from './stop-request.js';
import { tendProgram, type Tended } from './tend-program.js';

const EMPTY_WORD =
  "a word of the command is empty: if it was to be a variable as $NODEPOOL_HOST, your shell has filled it in too early; use -- sh -c '…'";

export interface RunContext {
  readonly service: LeaseService;
  readonly clock: Clock;
  readonly programs: ForegroundPrograms;
  readonly folders: PrivateFolders;
  readonly folderName: string;
  readonly news: LeaseNews;
  readonly stop: StopRequest;
}

/**
 * Runs the command on a lease that is active, with a heartbeat from now until the command has ended, and gives the lease back in any
 * case in which it may still be there. Answers the command's exit status. @throws LeaseFailure
 */
export async function runOnLease(lease: LeaseView, order: RunOrder, context: RunContext): Promise<number> {
  const { stop } = context;
  let verdict: LeaseVerdict | null = {};
  try {
    const tended = await tendAll(lease, order, context);
    if (tended.kind === 'stopped') throw stop.failure();
    if (tended.kind === 'lost') {
      verdict = null;
      throw new LeaseFailure('lost', `the lease is lost: ${tended.why}`);
    }
    const status = statusOf(tended.end);
    verdict = status === 0 ? { outcome: 'ok' } : { outcome: 'failed', note: `exit status ${status}` };
    tellAboutEnd(tended.end, order, context.news);
    return status;
  } finally {
    const { service, clock, news } = context;
    if (verdict !== null) {
      await giveBack(lease.id, verdict, { service, clock, note: (line) => news.note(line), signal: stop.again });
    }
  }
}

async function tendAll(lease: LeaseView, order: RunOrder, context: RunContext): Promise<Tended> {
  const { news, service, clock, folders } = context;
  const done = new AbortController();
  const gone = keepLease(lease, { service, clock, note: (line) => news.note(line) }, done.signal);
  // It rejects when the command has ended, and nobody is interested then.
  gone.catch(() => undefined);
  const folder = folders.temporary();
  try {
    return await tendInTurn(programsOf(lease, order, folder, context), gone, context);
  } finally {
    done.abort();
    folder.remove();
  }
}

function programsOf(
  lease: LeaseView,
  order: RunOrder,
  folder: PrivateFolder,
  context: RunContext,
): readonly ProgramOrder[] {
  const files = writeLeaseFiles(folder, lease, order.identity);
  if (order.local) {
    if (order.command.includes('')) context.news.note(EMPTY_WORD);
    // Ansible looks there by itself.
    const environment = { ...files.environment, ANSIBLE_INVENTORY: files.environment['NODEPOOL_INVENTORY'] ?? '' };
    return [{ argv: order.command, environment }];
  }
  const { copy, main } = remotePlan(lease, order, files.sshConfigFile, context.folderName, context.programs);
  return copy === null ? [main] : [copy, main];
}

/** One after the other; what does not end well is the end of all. */
async function tendInTurn(
  orders: readonly ProgramOrder[],
  gone: Promise<string>,
  context: RunContext,
): Promise<Tended> {
  const { stop, clock, programs } = context;
  for (const [index, order] of orders.entries()) {
    if (stop.signal.aborted) break;
    const tended = await tendProgram(programs.start(order), gone, stop, clock);
    const last = index === orders.length - 1;
    if (last || tended.kind !== 'ended') return tended;
    const status = statusOf(tended.end);
    if (status !== 0) throw new LeaseFailure('other', `the current folder could not be copied (exit status ${status})`);
  }
  return { kind: 'stopped' };
}

function statusOf(end: ProgramEnd): number {
  return end.kind === 'signalled' ? 128 + end.number : end.code;
}

/** What whoever looks at the exit status alone could take for something else. */
function tellAboutEnd(end: ProgramEnd, { local, command }: RunOrder, news: LeaseNews): void {
  if (end.kind === 'not-started') news.note(`${local ? command[0] : 'ssh'} cannot be run: ${end.problem}`);
  else if (!local && end.kind === 'exited' && end.code === 255)
    news.note('ssh ended with 255: most likely it did not get in');
}
