import type { ProviderErrorKind } from '../../../ports/compute/errors.js';

export type VirshErrorKind =
  /** What was asked for does not exist: a machine, a volume. */
  | 'not-found'
  /** Something of that name is there already. */
  | 'exists'
  /** The machine does not run, so nothing can be done with it. */
  | 'not-running'
  /** The hypervisor cannot do that at all. */
  | 'unsupported'
  /** The forwarded port belongs to somebody else. */
  | 'port-taken'
  /** No room: disk, memory. */
  | 'capacity'
  | 'authentication'
  /** Will fail until somebody changes the configuration or the host. */
  | 'configuration'
  /** The host cannot be reached, or did not answer in time. */
  | 'unanswered'
  | 'other';

/** What virsh said went wrong. */
export class VirshError extends Error {
  override readonly name = 'VirshError';
  constructor(
    readonly kind: VirshErrorKind,
    message: string,
  ) {
    super(message);
  }
}

/** The first that fits counts. As libvirt 9.0 words it; test/fixtures/libvirt has the recorded messages. */
const MEANINGS: readonly (readonly [VirshErrorKind, RegExp])[] = [
  ['port-taken', /could not set up host forwarding rule/i],
  ['capacity', /no space left on device|disk quota exceeded|cannot allocate memory|not enough free (?:space|memory)/i],
  [
    'authentication',
    /authentication (?:failed|unavailable)|permission denied \(|access denied|host key verification failed|polkit/i,
  ],
  [
    'not-found',
    /failed to get (?:domain|vol) |domain not found|storage volume not found|no domain with matching|no storage vol with matching/i,
  ],
  [
    'configuration',
    /failed to get (?:pool|network) |storage pool not found|network not found|cannot get interface mtu|no such device|unable to parse uri|no connection driver available|unexpected .*uri path|virt type|kvm is not (?:available|supported)|invalid argument: .*(?:kvm|emulator)|unable to find any emulator/i,
  ],
  ['unsupported', /this function is not supported|not supported by the connection driver/i],
  ['exists', /exists already|already exists|already in use|already defined/i],
  ['not-running', /domain is not running|domain is already (?:running|active)|not active/i],
  [
    'unanswered',
    /failed to (?:re)?connect|disconnected from|end of file|cannot (?:recv|send) data|connection (?:refused|reset)|keepalive|client socket is closed|timed out|cannot acquire state change lock/i,
  ],
];

/** @param text what virsh wrote to its standard error */
export function virshError(text: string): VirshError {
  const message = errorWords(text) || 'virsh failed without a word';
  const kind = MEANINGS.find(([, pattern]) => pattern.test(message))?.[0] ?? 'other';
  return new VirshError(kind, message);
}

/** Losing and finding the connection is told on the way, and changes nothing. */
const PASSING = /^error: (?:Disconnected from |Reconnected to the hypervisor)/;

/** What of it is about a failure; empty if nothing failed. */
export function errorLines(lines: readonly string[]): readonly string[] {
  const rest = lines.filter((line) => line.trim() !== '' && !PASSING.test(line));
  return rest.some((line) => line.startsWith('error:')) ? rest : [];
}

function errorWords(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^error: /, '').trim())
    .filter((line) => line !== '');
  return lines.join(': ').slice(0, 1000);
}

/** What it means to whoever uses the driver. */
export function providerKind(kind: VirshErrorKind): ProviderErrorKind {
  switch (kind) {
    case 'not-found':
    case 'capacity':
    case 'authentication':
    case 'configuration':
      return kind;
    case 'unsupported':
      return 'configuration';
    case 'exists':
    case 'not-running':
    case 'port-taken':
    case 'unanswered':
    case 'other':
      return 'transient';
  }
}
