import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The next line of the input without its end, or undefined at the end of the input. Leaves the input paused. */
export async function readLine(input: Readable): Promise<string | undefined> {
  const lines = createInterface({ input });
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(undefined));
      input.once('error', reject);
    });
  } finally {
    lines.close();
  }
}
