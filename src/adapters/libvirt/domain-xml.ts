/** The definition of a machine, as libvirt reads it. */
import type { LibvirtNetwork } from '../../domain/config/libvirt.js';
import type { MachineRecord } from './metadata-xml.js';
import { metadataXml } from './metadata-xml.js';
import { escapeXml } from './xml.js';

/** The id of the character device that keeps the console's last text. */
export const CONSOLE_DEVICE = 'npconsole';
/** libvirt gives its own devices slots from the lowest on, and knows nothing of this one. */
const NIC_SLOT = '0x1a';
/** Bytes; QEMU wants a power of two. */
export const CONSOLE_SIZE = 65_536;

export interface DomainPlan {
  readonly name: string;
  readonly uuid: string;
  readonly record: MachineRecord;
  /** `kvm`, `qemu`, or `test` for libvirt's own test hypervisor. */
  readonly type: string;
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  /** Absolute path on the host. */
  readonly disk: string;
  /** Absolute path on the host; null = none. */
  readonly drive: string | null;
  readonly network: LibvirtNetwork;
  readonly mac: string;
  /** Of the machine, where connections go to. */
  readonly guestPort: number;
  readonly keepConsole: boolean;
}

export function domainXml(plan: DomainPlan): string {
  const { name, uuid, type, cpus, memory, record } = plan;
  return [
    `<domain type="${escapeXml(type)}" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">`,
    `<name>${escapeXml(name)}</name>`,
    `<uuid>${escapeXml(uuid)}</uuid>`,
    `<metadata>`,
    metadataXml(record),
    `</metadata>`,
    `<memory unit="MiB">${memory}</memory>`,
    `<vcpu>${cpus}</vcpu>`,
    `<os><type>hvm</type><boot dev="hd"/></os>`,
    `<features><acpi/><apic/></features>`,
    cpuXml(type),
    `<clock offset="utc"/>`,
    `<on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>`,
    devicesXml(plan),
    type === 'test' ? '' : argumentsXml(plan),
    `</domain>`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function cpuXml(type: string): string {
  if (type === 'kvm') return `<cpu mode="host-passthrough" check="none"/>`;
  // Distributions of today ask for more than the oldest processor there is.
  return type === 'qemu' ? `<cpu mode="maximum"/>` : '';
}

function devicesXml({ disk, drive, network, mac, keepConsole, type }: DomainPlan): string {
  const console = `<serial type="pty"/><console type="pty"/>`;
  return [
    `<devices>`,
    `<disk type="file" device="disk"><driver name="qemu" type="qcow2" discard="unmap"/>`,
    `<source file="${escapeXml(disk)}"/><target dev="vda" bus="virtio"/></disk>`,
    drive === null ? '' : driveXml(drive),
    interfaceXml(network, mac),
    // A console that is kept takes the place of one to sit at.
    keepConsole ? '' : console,
    `<channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>`,
    type === 'test' ? '' : `<rng model="virtio"><backend model="random">/dev/urandom</backend></rng>`,
    `<memballoon model="none"/>`,
    `</devices>`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function driveXml(drive: string): string {
  return [
    `<controller type="scsi" model="virtio-scsi"/>`,
    `<disk type="file" device="cdrom"><driver name="qemu" type="raw"/>`,
    `<source file="${escapeXml(drive)}"/><target dev="sda" bus="scsi"/><readonly/></disk>`,
  ].join('\n');
}

/** Without the card's boot program: machines start from their disk, and the firmware would run it first. */
function interfaceXml(network: LibvirtNetwork, mac: string): string {
  if (network.kind === 'user') return '';
  const source = network.kind === 'network' ? 'network' : 'bridge';
  const where = `<source ${source}="${escapeXml(network.name)}"/>`;
  return `<interface type="${source}"><mac address="${mac}"/>${where}<model type="virtio"/><rom enabled="no"/></interface>`;
}

/** What QEMU can and libvirt has no words for: a forwarded port, and a console that keeps its last text. */
function argumentsXml(plan: DomainPlan): string {
  const words = [...forwardArguments(plan), ...(plan.keepConsole ? consoleArguments() : [])];
  if (words.length === 0) return '';
  const args = words.map((word) => `<qemu:arg value="${escapeXml(word)}"/>`);
  return `<qemu:commandline>\n${args.join('\n')}\n</qemu:commandline>`;
}

function forwardArguments({ network, record, guestPort, mac }: DomainPlan): readonly string[] {
  if (network.kind !== 'user') return [];
  const { forward } = record;
  const rule = forward ? `,hostfwd=tcp:${forward.address}:${forward.port}-:${guestPort}` : '';
  const fence = network.restrict ? ',restrict=on' : '';
  return [
    '-netdev',
    `user,id=npnet${fence}${rule}`,
    '-device',
    `virtio-net-pci,netdev=npnet,mac=${mac},addr=${NIC_SLOT},romfile=`,
  ];
}

function consoleArguments(): readonly string[] {
  const device = `ringbuf,id=${CONSOLE_DEVICE},size=${CONSOLE_SIZE}`;
  return ['-chardev', device, '-serial', `chardev:${CONSOLE_DEVICE}`];
}
