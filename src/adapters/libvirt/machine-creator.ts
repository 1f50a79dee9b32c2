import type { LibvirtLabelSettings } from '../../domain/config/libvirt.js';
import { libvirtLabelSettings, libvirtPoolSettings } from '../../domain/config/libvirt.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type { InstanceSpec } from '../../ports/compute/provider.js';
import { asError } from '../../ports/toolkit/sleep.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { configDrive, macOf } from './config-drive.js';
import type { DomainPlan } from './domain-xml.js';
import { domainXml } from './domain-xml.js';
import type { MachineNames } from './names.js';
import { imageOfVolume, machineNames } from './names.js';
import { isVirshError, misconfigured, toProviderError } from './provider-failure.js';
import type { MachineRemover } from './machine-remover.js';
import type { VolumeFacts } from './storage.js';
import type { LibvirtContext } from './libvirt-context.js';
import { driveFormatOf, guestPortOf } from './libvirt-context.js';

const GIB = 1024 ** 3;
/** Seconds for taking back what was made of a machine that could not be started. */
const UNDO = 60;
/** Ports that are tried before a machine is given up. */
const PORTS_TRIED = 20;
/** A machine in one of these states goes on by itself, or was only held. */
const ALIVE = ['running', 'idle', 'in shutdown', 'pmsuspended'];

/** Makes machines, never two for one node: a node's machine has one UUID, whoever makes it. */
export class MachineCreator {
  constructor(
    private readonly context: LibvirtContext,
    private readonly remover: MachineRemover,
  ) {}

  /** Answers the UUID of the machine. @throws VirshError, ProviderError, or the signal's reason */
  async create(spec: InstanceSpec, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const names = machineNames(spec.idempotencyKey, this.context.config.name, spec.nodeId);
    return this.context.turns.take(names.uuid, signal, async () => {
      const before = await this.context.domains.state(names.uuid, signal);
      if (before && ALIVE.includes(before.state)) return names.uuid;
      if (before) await this.remover.remove(names.uuid, signal);
      await this.makeOrUndo(spec, names, signal);
      return names.uuid;
    });
  }

  private async makeOrUndo(spec: InstanceSpec, names: MachineNames, signal: AbortSignal): Promise<void> {
    const image = await this.image(spec, signal);
    try {
      await this.make(spec, names, image, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      throw (await this.undone(names.uuid, error)) ? error : toProviderError(error, { externalId: names.uuid });
    }
  }

  /** What is left of a machine that could not be made is taken away at once, unless nobody knows what became of it. */
  private async undone(uuid: string, error: unknown): Promise<boolean> {
    if (isVirshError(error, 'unanswered')) return false;
    const { clock, logger } = this.context.driverContext;
    try {
      const never = new AbortController().signal;
      await withDeadline(clock, UNDO, `taking back ${uuid}`, never, (inner) => this.remover.remove(uuid, inner));
      return true;
    } catch (failure) {
      logger.warn('What was made of a machine could not be taken back', { machine: uuid, ...errorFields(failure) });
      return false;
    }
  }

  /** The definition comes first: whatever is left over by a crash after it shows whose it is. */
  private async make(spec: InstanceSpec, names: MachineNames, image: VolumeFacts, signal: AbortSignal): Promise<void> {
    const { storage, domains } = this.context;
    const label = libvirtLabelSettings(spec.label);
    await this.checkMemory(label, signal);
    const plan = await this.plan(spec, names, image, signal);
    const defined = await this.define(plan, new Set(), signal);
    await storage.createOverlay(names.disk, diskBytes(label, image), image, signal);
    await this.writeDrive(spec, names, plan.mac, signal);
    await this.start(defined, signal);
    domains.forget(names.uuid);
  }

  private async image({ image }: InstanceSpec, signal: AbortSignal): Promise<VolumeFacts> {
    if (image.kind === 'none') throw misconfigured('a machine needs an image');
    const name = image.kind === 'diskimage' ? image.externalId : image.idOrName;
    const volume = await this.context.storage.volume(name, signal);
    // What an upload is was looked at when it was made; libvirt would believe what it contains.
    if (volume) return { ...volume, format: imageOfVolume(name)?.format ?? volume.format };
    const { pool } = this.context.storage;
    throw new ProviderError('not-found', `Unable to find image ${name} in storage pool ${pool}`, {
      metric: 'error.nodepool',
    });
  }

  /** The kernel would kill somebody rather than say no. */
  private async checkMemory({ memory }: LibvirtLabelSettings, signal: AbortSignal): Promise<void> {
    const free = await this.context.host.freeMemory(signal);
    if (free === null || free >= memory) return;
    throw new ProviderError('capacity', `the host has ${free} MiB of free memory, the machine takes ${memory} MiB`);
  }

  private async plan(
    spec: InstanceSpec,
    names: MachineNames,
    image: VolumeFacts,
    signal: AbortSignal,
  ): Promise<DomainPlan> {
    const { storage, host, settings, config } = this.context;
    const { cpus, memory, disk } = libvirtLabelSettings(spec.label);
    const hasDrive = driveFormatOf(settings, spec.label) !== 'none';
    return {
      name: names.domain,
      uuid: names.uuid,
      record: { properties: spec.metadata, image: image.name, disk, forward: null },
      type: host.domainType,
      cpus,
      memory,
      disk: await storage.pathOf(names.disk, signal),
      drive: hasDrive ? await storage.pathOf(names.drive, signal) : null,
      network: libvirtPoolSettings(spec.pool).network,
      mac: macOf(names.uuid),
      guestPort: guestPortOf(config, spec.label),
      keepConsole: spec.label.consoleLog && !host.isTest,
    };
  }

  /** With a port of the host if one is to be forwarded. */
  private async define(plan: DomainPlan, tried: Set<number>, signal: AbortSignal): Promise<DomainPlan> {
    const { network } = plan;
    const { domains, forwards } = this.context;
    let defined = plan;
    if (network.kind === 'user') {
      const others = (await domains.list(signal)).flatMap(({ facts }) =>
        facts.uuid === plan.uuid || !facts.record?.forward ? [] : [facts.record.forward.port],
      );
      const taken = new Set([...others, ...tried]);
      const port = await forwards.choose(plan.uuid, network.address, network.ports, taken);
      defined = { ...plan, record: { ...plan.record, forward: { address: network.address, port } } };
    }
    await domains.define(plan.uuid, domainXml(defined), signal);
    return defined;
  }

  /** A port may be taken by whomever in the last moment, or on a host where we cannot try it: then another one is chosen. */
  private async start(plan: DomainPlan, signal: AbortSignal): Promise<void> {
    const tried = new Set<number>();
    for (let current = plan; ; current = await this.define(plan, tried, signal)) {
      try {
        await this.context.domains.start(plan.uuid, signal);
        return;
      } catch (error) {
        const port = current.record.forward?.port;
        if (!isVirshError(error, 'port-taken') || port === undefined || tried.size >= PORTS_TRIED) throw asError(error);
        tried.add(port);
        this.context.forwards.release(plan.uuid);
      }
    }
  }

  private async writeDrive(spec: InstanceSpec, names: MachineNames, mac: string, signal: AbortSignal): Promise<void> {
    const { settings, storage, isos, host } = this.context;
    const format = driveFormatOf(settings, spec.label);
    if (format === 'none') return;
    const drive = configDrive(format, {
      uuid: names.uuid,
      hostname: spec.hostname,
      authorizedKeys: settings.sshAuthorizedKeys,
      userdata: libvirtLabelSettings(spec.label).userdata,
      mac,
      metadata: spec.metadata,
    });
    await isos.withIso(drive, signal, async ({ file, bytes }) => {
      await storage.create(names.drive, bytes, 'raw', signal);
      // The test hypervisor has volumes without any content.
      if (!host.isTest) await storage.fill(names.drive, file, signal);
    });
  }
}

function diskBytes({ disk }: LibvirtLabelSettings, image: VolumeFacts): number {
  if (disk === null) return image.capacity;
  const wanted = disk * GIB;
  if (wanted >= image.capacity) return wanted;
  throw misconfigured(
    `disk: ${disk} is too small: the image ${image.name} has a disk of ${Math.ceil((image.capacity / GIB) * 10) / 10} GiB`,
  );
}
