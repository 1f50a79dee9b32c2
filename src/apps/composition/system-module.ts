import { ContainerModule } from 'inversify';
import { SshHostKeyScanner } from '../../adapters/ssh/ssh-host-key-scanner.js';
import { NodeProcessRunner } from '../../adapters/system/node-process-runner.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import { SystemRandom } from '../../adapters/system/system-random.js';
import type { HostIdentity } from '../../ports/runtime/host-identity.js';
import { TOKENS } from './tokens.js';

export interface SystemFacts {
  readonly host: HostIdentity;
  readonly environment: Readonly<Record<string, string>>;
  readonly version: string;
}

/** This machine: time, randomness, processes, the network. */
export function systemModule(facts: SystemFacts): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.host).toConstantValue(facts.host);
    bind(TOKENS.environment).toConstantValue(facts.environment);
    bind(TOKENS.version).toConstantValue(facts.version);
    bind(TOKENS.clock).toDynamicValue(() => new SystemClock());
    bind(TOKENS.random).toDynamicValue(() => new SystemRandom());
    bind(TOKENS.processes).toDynamicValue(() => new NodeProcessRunner());
    bind(TOKENS.scanner).toDynamicValue((context) => new SshHostKeyScanner(context.get(TOKENS.clock)));
  });
}
