import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { DriverContext } from '../../ports/compute/driver.js';
import { asError, sleep } from '../../ports/toolkit/sleep.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import { isVirshError } from './provider-failure.js';
import type { Virsh } from './virsh/virsh.js';

/** Seconds in which the firmware must have said its first word. With KVM it takes milliseconds. */
const PATIENCE = 10;
const CHECK_INTERVAL = 0.2;
const END = 30;
const DEVICE = 'npprobe';

/**
 * Whether machines really run with KVM on a host: `/dev/kvm` may be there and open, and machines still end or never begin, as in a
 * virtual machine whose host has half of nested virtualization. A machine without a disk is started, and its firmware has to say something.
 *
 * @returns null if they do, else what happened. @throws VirshError `unanswered`, or the signal's reason
 */
export async function whyNoKvm(virsh: Virsh, context: DriverContext, signal: AbortSignal): Promise<string | null> {
  const name = `nodepool-kvm-probe-${context.random.hexId()}`;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'nodepool-kvm-'));
  try {
    const file = path.join(folder, 'probe.xml');
    await writeFile(file, probeXml(name));
    // Whatever becomes of us, the machine ends with the connection.
    await virsh.run(['create', '--file', file, '--autodestroy'], signal);
    return (await speaks(virsh, context, name, signal)) ? null : `its firmware says nothing for ${PATIENCE} s`;
  } catch (error) {
    signal.throwIfAborted();
    if (isVirshError(error, 'unanswered')) throw error;
    return asError(error).message;
  } finally {
    await rm(folder, { recursive: true, force: true });
    await end(virsh, context, name);
  }
}

async function speaks(virsh: Virsh, context: DriverContext, name: string, signal: AbortSignal): Promise<boolean> {
  const until = context.clock.monotonic() + PATIENCE;
  const order = { execute: 'ringbuf-read', arguments: { device: DEVICE, size: 256 } };
  for (;;) {
    const answer = await virsh.run(['qemu-monitor-command', '--domain', name, '--cmd', JSON.stringify(order)], signal);
    const { return: words } = JSON.parse(answer) as { readonly return?: unknown };
    if (typeof words === 'string' && words !== '') return true;
    if (context.clock.monotonic() >= until) return false;
    await sleep(context.clock, CHECK_INTERVAL, signal);
  }
}

/** Also after an abort. One that has ended, or never was, is none. */
async function end(virsh: Virsh, { clock, logger }: DriverContext, name: string): Promise<void> {
  try {
    const never = new AbortController().signal;
    await withDeadline(clock, END, `ending ${name}`, never, (inner) => virsh.run(['destroy', '--domain', name], inner));
  } catch (error) {
    if (isVirshError(error, 'not-found', 'not-running')) return;
    logger.warn('The machine that tries KVM was not ended', { machine: name, error: asError(error).message });
  }
}

function probeXml(name: string): string {
  const words = [
    ...['-chardev', `ringbuf,id=${DEVICE},size=4096`],
    // SeaBIOS tells its story at this port.
    ...['-device', `isa-debugcon,iobase=0x402,chardev=${DEVICE}`],
  ];
  return [
    `<domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">`,
    `<name>${name}</name><memory unit="MiB">32</memory><vcpu>1</vcpu><os><type>hvm</type></os>`,
    `<cpu mode="host-passthrough" check="none"/><on_crash>destroy</on_crash>`,
    `<devices><memballoon model="none"/></devices>`,
    `<qemu:commandline>${words.map((word) => `<qemu:arg value="${word}"/>`).join('')}</qemu:commandline>`,
    `</domain>`,
  ].join('\n');
}
