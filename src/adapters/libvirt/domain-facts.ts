/** What the description of a domain, ours or not, says that we need to know. */
import type { Element } from '@xmldom/xmldom';
import type { Resources } from '../../domain/model/quota.js';
import type { MachineRecord } from './metadata-xml.js';
import { readMetadata } from './metadata-xml.js';
import { children, find, parseXml, textAt } from './xml.js';

export interface DomainFacts {
  readonly uuid: string;
  readonly name: string;
  /** Null if it is no machine of a Nodepool. */
  readonly record: MachineRecord | null;
  readonly resources: Resources;
  /** Paths of the files that are its disks. */
  readonly files: readonly string[];
  /** Of its first network interface. */
  readonly mac: string | null;
  readonly keepsConsole: boolean;
  readonly network: string | null;
}

const KIB: Readonly<Record<string, number>> = {
  b: 1 / 1024,
  bytes: 1 / 1024,
  kb: 1000 / 1024,
  k: 1,
  kib: 1,
  mb: 1_000_000 / 1024,
  m: 1024,
  mib: 1024,
  gb: 1_000_000_000 / 1024,
  g: 1 << 20,
  gib: 1 << 20,
};

/** @throws Error if it is no XML */
export function domainFacts(xml: string, consoleDevice: string): DomainFacts {
  const domain = parseXml(xml);
  const record = readMetadata(domain);
  const devices = find(domain, 'devices');
  const nic = devices && children(devices, 'interface')[0];
  return {
    uuid: textAt(domain, 'uuid') ?? '',
    name: textAt(domain, 'name') ?? '',
    record,
    resources: resourcesOf(domain, record),
    files: filesOf(devices),
    mac: nic ? (find(nic, 'mac')?.getAttribute('address') ?? null) : null,
    network: nic ? (find(nic, 'source')?.getAttribute('network') ?? null) : null,
    keepsConsole: argumentsOf(domain).includes(`chardev:${consoleDevice}`),
  };
}

/** What is handed to QEMU past libvirt. */
function argumentsOf(domain: Element): readonly string[] {
  const line = find(domain, 'commandline');
  return line ? children(line, 'arg').map((word) => word.getAttribute('value') ?? '') : [];
}

function resourcesOf(domain: Element, record: MachineRecord | null): Resources {
  const disk = record?.disk ?? null;
  const ram = Math.ceil(kibibytes(find(domain, 'memory')) / 1024);
  return { instances: 1, cores: coresOf(find(domain, 'vcpu')), ram, ...(disk === null ? {} : { disk }) };
}

function kibibytes(memory: Element | undefined): number {
  const unit = memory?.getAttribute('unit')?.toLowerCase() ?? 'kib';
  return Number(memory?.textContent ?? 0) * (KIB[unit] ?? 1);
}

function coresOf(vcpu: Element | undefined): number {
  return Number(vcpu?.getAttribute('current') ?? vcpu?.textContent ?? 1);
}

/** The disks themselves, and what they are overlays of. */
function filesOf(devices: Element | undefined): readonly string[] {
  const disks = devices ? children(devices, 'disk') : [];
  const of = (element: Element): readonly string[] => {
    const file = find(element, 'source')?.getAttribute('file');
    const below = find(element, 'backingStore');
    return [...(file ? [file] : []), ...(below ? of(below) : [])];
  };
  return disks.flatMap(of);
}
