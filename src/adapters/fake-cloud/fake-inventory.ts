import type { Resources } from '../../domain/model/quota.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { FakeServer } from './fake-server.js';
import type { FakeServerFacts } from './fake-server.js';

/** The servers of one fake cloud, what they take, and those that lists still show although they are gone. */
export class FakeInventory {
  private readonly servers = new Map<string, FakeServer>();
  private readonly byOwner = new Map<string, FakeServer>();
  private readonly used = new Map<string, number>();
  private ghosts: { readonly facts: FakeServerFacts; readonly until: number }[] = [];

  constructor(private readonly clock: Clock) {}

  get all(): readonly FakeServer[] {
    return [...this.servers.values()];
  }

  find(id: string): FakeServer | undefined {
    return this.servers.get(id);
  }

  ownedBy(owner: string): FakeServer | undefined {
    return this.byOwner.get(owner);
  }

  /** Gone, but still shown by lists. */
  get afterglow(): readonly FakeServerFacts[] {
    const now = this.clock.monotonic();
    this.ghosts = this.ghosts.filter((ghost) => ghost.until > now);
    return this.ghosts.map((ghost) => ghost.facts);
  }

  /** The first resource of which there would be too much. */
  overLimit(limits: Resources, need: Resources): string | undefined {
    return Object.keys(need).find((key) => (this.used.get(key) ?? 0) + (need[key] ?? 0) > (limits[key] ?? Infinity));
  }

  /** Would there be no room on the cloud's machines? */
  overCapacity(limits: Resources, need: Resources): boolean {
    return Object.entries(limits).some(([key, limit]) => {
      const used = this.all.reduce((sum, { facts }) => sum + (facts.hosted ? (facts.resources[key] ?? 0) : 0), 0);
      return used + (need[key] ?? 0) > limit;
    });
  }

  add(facts: FakeServerFacts): FakeServer {
    const server = new FakeServer(facts);
    this.servers.set(facts.id, server);
    if (facts.owner !== null) this.byOwner.set(facts.owner, server);
    this.account(facts.resources, 1);
    return server;
  }

  /** The server is gone from now on; lists show it for `afterglow` seconds more. */
  remove(server: FakeServer, afterglow: number): void {
    const { id, owner, resources } = server.facts;
    if (!this.servers.delete(id)) return;
    if (owner !== null && this.byOwner.get(owner) === server) this.byOwner.delete(owner);
    this.account(resources, -1);
    if (afterglow > 0) this.ghosts.push({ facts: server.facts, until: this.clock.monotonic() + afterglow });
    server.become('gone');
  }

  clear(): void {
    for (const server of this.all) this.remove(server, 0);
    this.ghosts = [];
  }

  private account(resources: Resources, sign: 1 | -1): void {
    for (const [key, amount] of Object.entries(resources)) {
      this.used.set(key, (this.used.get(key) ?? 0) + sign * amount);
    }
  }
}
