import { access, constants, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ProviderError } from '../../ports/compute/errors.js';
import type { ChildPrograms } from '../../ports/runtime/child-programs.js';
import type { ConfigDrive } from './config-drive.js';
import { misconfigured } from './provider-failure.js';

const TOOLS: readonly (readonly [string, ...string[]])[] = [
  ['xorriso', '-as', 'mkisofs'],
  ['genisoimage'],
  ['mkisofs'],
];

export interface IsoFile {
  readonly file: string;
  readonly bytes: number;
}

/** Makes ISO images of config drives with whichever tool is there. */
export class IsoMaker {
  constructor(
    private readonly programs: ChildPrograms,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** @throws ProviderError kind `configuration` when there is no tool */
  async tool(): Promise<readonly [string, ...string[]]> {
    for (const tool of TOOLS) if (await this.installed(tool[0])) return tool;
    throw misconfigured(
      'no program makes config drives: install xorriso, genisoimage or mkisofs, or set config-drive: false for all images',
    );
  }

  /** Hands the image's file to `use`; it is gone afterwards. */
  async withIso<T>(drive: ConfigDrive, signal: AbortSignal, use: (iso: IsoFile) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const folder = await mkdtemp(path.join(os.tmpdir(), 'nodepool-drive-'));
    try {
      const root = path.join(folder, 'root');
      await mkdir(root);
      for (const [name, content] of drive.files) {
        const file = path.join(root, name);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, content);
      }
      const iso = path.join(folder, 'drive.iso');
      await this.make(drive.volumeLabel, root, iso, signal);
      return await use({ file: iso, bytes: (await stat(iso)).size });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private async make(label: string, root: string, iso: string, signal: AbortSignal): Promise<void> {
    const [name, ...mode] = await this.tool();
    const words: string[] = [];
    const program = this.programs.start({
      argv: [name, ...mode, '-quiet', '-V', label, '-J', '-r', '-o', iso, root],
      env: this.env,
      onLine: () => undefined,
      onErrorLine: (line) => void (words.length < 20 && words.push(line)),
    });
    const abort = (): void => program.kill('it was called off');
    signal.addEventListener('abort', abort, { once: true });
    const end = await program.ended;
    signal.removeEventListener('abort', abort);
    signal.throwIfAborted();
    if (end.kind === 'exited' && end.code === 0) return;
    const problem = 'problem' in end ? end.problem : words.join(': ').slice(0, 500);
    throw new ProviderError('transient', `${name} could not make the config drive: ${problem}`);
  }

  private async installed(name: string): Promise<boolean> {
    for (const folder of (this.env['PATH'] ?? '/usr/bin:/bin').split(':')) {
      try {
        await access(path.join(folder, name), constants.X_OK);
        return true;
      } catch {
        // Elsewhere, or nowhere.
      }
    }
    return false;
  }
}
