import { amounts } from '../invariants/strict-limits.js';
import type { Amounts } from '../invariants/strict-limits.js';
import type { Json } from '../kernel/tree-model.js';
import { text } from '../kernel/tree-model.js';

interface Sample {
  readonly at: number;
  readonly used: number;
}

/** What the nodes of pools, providers and tenants have used lately by their records. */
export class Usage {
  private readonly resources = new Map<string, Amounts>();
  private readonly samples = new Map<string, Sample[]>();

  /** @param seconds of the past that are asked for */
  constructor(private readonly seconds: number) {}

  change(id: string, before: Json | null, after: Json | null, now: number): void {
    if (before) this.add(id, before, -1, now);
    if (after) this.add(id, after, 1, now);
    if (!after) this.resources.delete(id);
  }

  /** The least and the most that was used in those seconds. */
  range(owner: string, resource: string, now: number): { readonly least: number; readonly most: number } {
    const samples = this.samples.get(`${owner} ${resource}`) ?? [];
    const used = samples.filter((_sample, index) => (samples[index + 1]?.at ?? Infinity) >= now - this.seconds);
    const since = samples[0]?.at ?? Infinity;
    const values = [...used.map((sample) => sample.used), ...(since >= now - this.seconds ? [0] : [])];
    return { least: Math.min(...values), most: Math.max(...values) };
  }

  /** Some clients drop what they do not know: it counts all the same. */
  private amountsOf(id: string, node: Json): Amounts {
    const known = node['resources'] ? amounts(node) : (this.resources.get(id) ?? amounts(node));
    this.resources.set(id, known);
    return known;
  }

  private add(id: string, node: Json, sign: 1 | -1, now: number): void {
    const provider = text(node['provider']);
    if (provider === null) return;
    const tenant = text(node['tenant_name']);
    const owners = [`pool ${provider}/${text(node['pool']) ?? ''}`, `provider ${provider}`];
    if (tenant !== null) owners.push(`tenant ${tenant}`);
    for (const owner of owners)
      for (const [resource, amount] of Object.entries(this.amountsOf(id, node)))
        this.sample(`${owner} ${resource}`, sign * amount, now);
  }

  private sample(key: string, more: number, now: number): void {
    const samples = this.samples.get(key) ?? [];
    this.samples.set(key, samples);
    const last = samples.at(-1);
    const used = (last?.used ?? 0) + more;
    // Within one change of a record nothing is seen in between.
    if (last?.at === now) samples[samples.length - 1] = { at: now, used };
    else samples.push({ at: now, used });
    while ((samples[1]?.at ?? Infinity) < now - this.seconds) samples.shift();
  }
}
