import { Readable } from 'node:stream';
import { CommandLine } from '../../../src/adapters/cli/command-line.js';
import type { LeaseTools } from '../../../src/adapters/cli/leases/lease-tools.js';
import type { CommonOptions } from '../../../src/adapters/cli/session.js';
import type { StoreOrder } from '../../../src/adapters/cli/store-tool.js';
import type { MirrorName } from '../../../src/ports/records/records.js';
import type { AdministrationBench } from '../administration/administration-bench.js';

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `nodepool` in this process, on a bench. */
export class Terminal {
  problems: readonly string[] | Error = [];
  warnings: readonly string[] = [];
  openFailure: Error | undefined;
  readonly opened: { readonly options: CommonOptions; readonly mirrors: readonly MirrorName[] }[] = [];
  closed = 0;
  leases: LeaseTools = { open: () => Promise.reject(new Error('no gateway')) };
  readonly storeOrders: StoreOrder[] = [];
  isTTY = false;
  environment: Readonly<Record<string, string>> = {};

  constructor(private readonly bench: AdministrationBench) {}

  /** @param input what the operator types; none: end of the input at once. */
  async run(argv: readonly string[], input: readonly string[] = []): Promise<Run> {
    let stdout = '';
    let stderr = '';
    const commandLine = new CommandLine({
      open: async (options, mirrors) => {
        this.opened.push({ options, mirrors });
        if (this.openFailure) throw this.openFailure;
        await this.bench.open(mirrors);
        const { queries, aliens, commands, inquiries, progress } = this.bench.administration;
        return { queries, aliens, commands, inquiries, progress, close: async () => void (this.closed += 1) };
      },
      validate: async () => {
        if (this.problems instanceof Error) throw this.problems;
        return { errors: this.problems, warnings: this.warnings };
      },
      names: async (kind, configPath) => [`${kind} of ${configPath}`, 'another'],
      stdout: { write: (text) => void (stdout += text), isTTY: this.isTTY },
      stderr: { write: (text) => void (stderr += text), isTTY: this.isTTY, columns: 80 },
      store: async (_options, order) => {
        this.storeOrders.push(order);
        return 0;
      },
      drivers: { list: async () => ['a line'], test: async () => true },
      init: async () => undefined,
      leases: this.leases,
      stdin: Readable.from(input),
      clock: this.bench.clock,
      environment: this.environment,
      version: '10.0.1.dev68',
    });
    const exitCode = await this.bench.during(commandLine.run(argv));
    return { exitCode, stdout, stderr };
  }
}
