import { ansibleInventory } from '../../domain/lease-client/ansible-inventory.js';
import { leaseEnvironment } from '../../domain/lease-client/lease-environment.js';
import type { LeaseView } from '../../domain/lease-client/lease-view.js';
import { knownHosts, sshConfig } from '../../domain/lease-client/ssh-files.js';
import type { LeaseFileSet } from '../../ports/lease-client/lease-desk.js';
import type { PrivateFolder } from '../../ports/lease-client/private-folders.js';

/** Writes what programs want to know about the machines of a lease. @throws UnusableNodeError */
export function writeLeaseFiles(
  folder: PrivateFolder,
  lease: LeaseView,
  identity: string | null,
): LeaseFileSet & { readonly sshConfigFile: string } {
  const paths = { knownHosts: folder.write('known_hosts', knownHosts(lease.nodes)), identity };
  const inventory = ansibleInventory(lease.nodes, paths);
  const config = sshConfig(lease.nodes, paths);
  const nodes = lease.nodes.map(({ whole }) => whole);
  const files = {
    nodes: folder.write('nodes.json', `${JSON.stringify(nodes, null, 2)}\n`),
    inventory: folder.write('inventory.yaml', inventory),
    sshConfig: folder.write('ssh_config', config),
  };
  return { inventory, sshConfig: config, environment: leaseEnvironment(lease, files), sshConfigFile: files.sshConfig };
}
