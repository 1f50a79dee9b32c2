import type { Values } from './parse-arguments.js';
import type { Initialize, TextSink } from './session.js';

/** `nodepool init`. @throws Error saying why nothing was written */
export async function runInit(
  { init, stdout }: { readonly init: Initialize; readonly stdout: TextSink },
  options: Values,
  values: Values,
): Promise<number> {
  const text = (of: Values, name: string): string | undefined => {
    const value = of.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const order = { kind: text(values, 'kind'), configPath: text(options, '-c'), securePath: text(options, '-s') };
  await init(order, (line) => void stdout.write(`${line}\n`));
  return 0;
}
