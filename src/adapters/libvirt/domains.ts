import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Clock } from '../../ports/runtime/clock.js';
import { CONSOLE_DEVICE } from './domain-xml.js';
import type { DomainFacts } from './domain-facts.js';
import { domainFacts } from './domain-facts.js';
import { isVirshError } from './provider-failure.js';
import { wordsOf } from './tables.js';
import type { Virsh } from './virsh/virsh.js';

/** Seconds for which the description of a domain counts as known; ours do not change once they run. */
const KEEP_OURS = 300;
const KEEP_OTHERS = 30;
const START = 120;

export interface ListedDomain {
  readonly facts: DomainFacts;
  readonly active: boolean;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The domains of a host. */
export class Domains {
  private readonly known = new Map<string, { readonly facts: DomainFacts; readonly until: number }>();

  constructor(
    private readonly virsh: Virsh,
    private readonly clock: Clock,
  ) {}

  /** All there are, ours or not. Those that vanish while we look are left out. */
  async list(signal: AbortSignal): Promise<readonly ListedDomain[]> {
    const all = await this.uuids([], signal);
    const inactive = new Set(await this.uuids(['--inactive'], signal));
    for (const uuid of this.known.keys()) if (!all.includes(uuid)) this.known.delete(uuid);
    const found = await Promise.all(all.map((uuid) => this.remembered(uuid, signal)));
    return found.flatMap((facts) => (facts ? [{ facts, active: !inactive.has(facts.uuid) }] : []));
  }

  async exist(signal: AbortSignal): Promise<ReadonlySet<string>> {
    return new Set(await this.uuids([], signal));
  }

  /** Null if there is no such domain. */
  async facts(uuid: string, signal: AbortSignal): Promise<DomainFacts | null> {
    const xml = await this.unlessGone(['dumpxml', '--domain', uuid], signal);
    return xml === null ? null : this.remember(domainFacts(xml, CONSOLE_DEVICE));
  }

  /** `running`, `shut off` and so on, with libvirt's reason; null if there is no such domain. */
  async state(uuid: string, signal: AbortSignal): Promise<{ readonly state: string; readonly text: string } | null> {
    const text = (await this.unlessGone(['domstate', '--reason', '--domain', uuid], signal))?.trim();
    if (text === undefined) return null;
    return { state: text.replace(/\s*\(.*$/s, ''), text };
  }

  /** Defines a domain, or changes its definition. */
  async define(uuid: string, xml: string, signal: AbortSignal): Promise<void> {
    this.known.delete(uuid);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'nodepool-domain-'));
    try {
      const file = path.join(folder, 'domain.xml');
      await writeFile(file, xml);
      await this.virsh.run(['define', '--file', file], signal);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async start(uuid: string, signal: AbortSignal): Promise<void> {
    await this.virsh.run(['start', '--domain', uuid], signal, START);
  }

  /** Ends a domain at once; one that does not run, or is not there, is left as it is. */
  async destroy(uuid: string, signal: AbortSignal): Promise<void> {
    try {
      await this.virsh.run(['destroy', '--domain', uuid], signal, START);
    } catch (error) {
      if (!isVirshError(error, 'not-found', 'not-running')) throw error;
    }
  }

  async undefine(uuid: string, signal: AbortSignal): Promise<void> {
    this.known.delete(uuid);
    // People may have saved it or taken snapshots; that must not keep it for ever.
    const thorough = this.virsh.isTest ? [] : ['--managed-save', '--snapshots-metadata', '--checkpoints-metadata'];
    try {
      await this.virsh.run(['undefine', '--domain', uuid, ...thorough], signal);
    } catch (error) {
      if (!isVirshError(error, 'not-found')) throw error;
    }
  }

  forget(uuid: string): void {
    this.known.delete(uuid);
  }

  private async uuids(options: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const which = options.length > 0 ? options : ['--all'];
    const words = wordsOf(await this.virsh.run(['list', ...which, '--uuid'], signal));
    return words.filter((word) => UUID.test(word));
  }

  private async remembered(uuid: string, signal: AbortSignal): Promise<DomainFacts | null> {
    const known = this.known.get(uuid);
    if (known && known.until > this.clock.monotonic()) return known.facts;
    return this.facts(uuid, signal);
  }

  private remember(facts: DomainFacts): DomainFacts {
    const until = this.clock.monotonic() + (facts.record ? KEEP_OURS : KEEP_OTHERS);
    this.known.set(facts.uuid, { facts, until });
    return facts;
  }

  private async unlessGone(words: readonly string[], signal: AbortSignal): Promise<string | null> {
    try {
      return await this.virsh.run(words, signal);
    } catch (error) {
      if (isVirshError(error, 'not-found')) return null;
      throw error;
    }
  }
}
