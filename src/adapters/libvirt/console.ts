import { CONSOLE_DEVICE, CONSOLE_SIZE } from './domain-xml.js';
import { isVirshError } from './provider-failure.js';
import type { LibvirtContext } from './libvirt-context.js';

/** What the console of a machine has shown last, at most 64 KiB; null if it is not kept, or the machine is gone. */
export async function consoleText(
  { domains, virsh }: LibvirtContext,
  uuid: string,
  signal: AbortSignal,
): Promise<string | null> {
  const facts = await domains.facts(uuid, signal);
  if (!facts?.keepsConsole) return null;
  const order = {
    execute: 'ringbuf-read',
    arguments: { device: CONSOLE_DEVICE, size: CONSOLE_SIZE, format: 'base64' },
  };
  try {
    const words = ['qemu-monitor-command', '--domain', uuid, '--cmd', JSON.stringify(order)];
    return printable(contentOf(await virsh.run(words, signal)));
  } catch (error) {
    if (isVirshError(error, 'not-found', 'not-running', 'unsupported')) return null;
    throw error;
  }
}

function contentOf(answer: string): string {
  const { return: content } = JSON.parse(answer) as { readonly return?: unknown };
  return typeof content === 'string' ? Buffer.from(content, 'base64').toString('utf8') : '';
}

/** A machine must not speak to the terminal of whoever reads the log. */
function printable(text: string): string {
  const plain = text.replaceAll(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '').replaceAll(/\r+\n?/g, '\n');
  return plain.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}
