import type { ClientKind } from '../scenario/scenario.js';
import type { World } from '../world.js';
import { Jenkins } from './jenkins.js';
import type { JobEnd, Requestor } from './requestor.js';
import { Zuul2019, Zuul2024 } from './zuul.js';

/** A host with a system that asks for nodes: can be killed and started again, like a daemon. */
export class RequestorHost {
  requestor: Requestor | null = null;
  private lives = 0;
  private readonly past: Requestor[] = [];

  constructor(
    private readonly world: World,
    readonly name: string,
    readonly kind: ClientKind,
  ) {}

  start(): void {
    if (this.requestor) return;
    this.lives += 1;
    const process = this.world.process(`${this.name}.${this.lives}`, this.kind === 'jenkins' ? 'jenkins' : 'zuul');
    const store = this.world.open(process);
    if (this.kind === 'zuul2019') this.requestor = new Zuul2019(this.world, process, store, this.name);
    else if (this.kind === 'jenkins') this.requestor = new Jenkins(this.world, process, store, this.name);
    else {
      const zuul = new Zuul2024(this.world, process, store, this.name);
      this.requestor = zuul;
      if (this.lives > 1) {
        zuul.forgetOldRequests().catch((error: unknown) => {
          this.world.chronicle.fail('simulator', `${this.name} cannot forget: ${String(error)}`);
        });
      }
    }
    this.past.push(this.requestor);
  }

  kill(): void {
    const { requestor } = this;
    if (!requestor) return;
    this.world.chronicle.say(requestor.process.name, 'is killed');
    requestor.process.kill();
    requestor.store.orphan();
    this.requestor = null;
  }

  ends(): readonly (readonly [JobEnd, number])[] {
    return this.past.flatMap((requestor) => [...requestor.ends]);
  }
}
