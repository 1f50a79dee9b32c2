import type { LeasedNode, LeaseView } from '../../domain/lease-client/lease-view.js';
import { nodeAliases } from '../../domain/lease-client/node-aliases.js';
import { remoteCommand, quoteWord } from '../../domain/lease-client/shell-quote.js';
import { isKey } from '../../domain/lease-client/ssh-files.js';
import type { ForegroundPrograms, ProgramOrder } from '../../ports/lease-client/foreground-programs.js';
import { LeaseFailure, type RunOrder } from '../../ports/lease-client/lease-desk.js';

type Argv = readonly [string, ...string[]];

const WINDOWS_SHELLS: readonly (string | null)[] = ['cmd', 'powershell'];

/** What is run here so that the command runs on the first machine: a copy of the current folder first, if that is wanted. */
export interface RemotePlan {
  readonly copy: ProgramOrder | null;
  readonly main: ProgramOrder;
}

/** @throws LeaseFailure when the machine cannot be reached by ssh, or not safely */
export function remotePlan(
  lease: LeaseView,
  order: RunOrder,
  sshConfigFile: string,
  folderName: string,
  programs: ForegroundPrograms,
): RemotePlan {
  const node = reachable(lease);
  const alias = nodeAliases(lease.nodes)[0] ?? '';
  if (order.sync && WINDOWS_SHELLS.includes(node.shellType)) {
    throw new LeaseFailure(
      'usage',
      `--sync needs a POSIX shell on the machine, and ${node.label} has ${node.shellType}`,
    );
  }
  const ask = programs.canAsk ? [] : ['-o', 'BatchMode=yes'];
  const ssh: Argv = ['ssh', '-F', sshConfigFile, ...ask];
  const folder = order.sync ? `nodepool/${lease.id}/${folderName}` : null;
  const command = remoteCommand(order.command, node.shellType, folder);
  return {
    copy: folder === null ? null : copyTo(folder, [...ssh, '-T', '--', alias]),
    main: { argv: [...ssh, programs.onTerminal ? '-t' : '-T', '--', alias, command] },
  };
}

/** Owners are not kept: whoever unpacks shall own it. */
function copyTo(folder: string, ssh: Argv): ProgramOrder {
  const unpack = `mkdir -p ${quoteWord(folder)} && tar -xof - -C ${quoteWord(folder)}`;
  return { from: ['tar', '-cf', '-', '.'], argv: [...ssh, unpack] };
}

function reachable({ nodes }: LeaseView): LeasedNode {
  const [node] = nodes;
  if (node === undefined) throw new LeaseFailure('other', 'the lease has no machine');
  if (node.connectionType !== 'ssh') {
    const how = `${node.label} is reached by ${node.connectionType}, not by ssh`;
    throw new LeaseFailure(
      'usage',
      `${how}; run your own program with --local, which finds the machine in NODEPOOL_INVENTORY`,
    );
  }
  if (node.hostKeys.length > 0 && node.hostKeys.every((key) => key.endsWith(' FAKEKEY'))) {
    const why = `${node.label} is a machine of the fake cloud, which is there for trying things out: nothing can run on it`;
    throw new LeaseFailure('other', `${why}; --local runs the command here`);
  }
  if (!node.hostKeys.some(isKey)) {
    const why = `the host keys of ${node.label} are not known (host-key-checking is off for its pool)`;
    throw new LeaseFailure(
      'other',
      `${why}, so nobody can tell whether it is the right machine; use --local to connect on your own terms`,
    );
  }
  return node;
}
