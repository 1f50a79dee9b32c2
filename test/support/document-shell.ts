import { spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, checkBuilt } from './daemon-build.js';
import type { DaemonWorld } from './daemon-world.js';

export interface ShellRun {
  readonly code: number | null;
  readonly stdout: string;
  /** Both outputs as they came. */
  readonly output: string;
}

/** Runs what documents tell people to type in, with `nodepool` in the path and a world in place of the folders of an installation. */
export class DocumentShell {
  private constructor(private readonly world: DaemonWorld) {}

  static async open(world: DaemonWorld): Promise<DocumentShell> {
    checkBuilt();
    await mkdir(join(world.folder, 'bin'));
    const nodepool = join(world.folder, 'bin/nodepool');
    const program = [process.execPath, join(ROOT, 'bin/nodepool.js'), '-c', world.configFile].map(
      (word) => `'${word}'`,
    );
    await writeFile(nodepool, `#!/bin/sh\nexec ${program.join(' ')} "$@"\n`);
    await chmod(nodepool, 0o755);
    return new DocumentShell(world);
  }

  /** Any command that fails ends the script; whoever asks a question gets `n` for an answer. */
  async run(script: string): Promise<ShellRun> {
    const { folder, configFile } = this.world;
    const text = script
      .replaceAll('/etc/nodepool/nodepool.yaml', configFile)
      .replaceAll('/var/lib/nodepool/', `${folder}/`);
    const environment = this.world.environment();
    const child = spawn('bash', ['-e', '-c', text], {
      cwd: folder,
      env: { ...environment, PATH: `${folder}/bin:${environment['PATH'] ?? ''}` },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      stdout += part;
      output += part;
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => (output += part));
    child.stdin.on('error', () => undefined).end('n\n');
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    );
    return { code, stdout, output };
  }
}
