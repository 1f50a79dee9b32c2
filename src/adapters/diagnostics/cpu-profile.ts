import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import path from 'node:path';

export interface CpuProfileOptions {
  readonly folder: string;
  /** Begins the file's name. */
  readonly program: string;
}

/** Records where the program spends its time, with V8's own profiler; costs a few per cent while it runs. */
export class CpuProfile {
  private session: Session | null = null;

  constructor(private readonly options: CpuProfileOptions) {}

  get running(): boolean {
    return this.session !== null;
  }

  /** @throws Error when the profiler cannot be used */
  async start(): Promise<void> {
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    this.session = session;
  }

  /**
   * Ends the recording and answers the file it was written to, for Chrome's developer tools. Readable by the owner only: a profile
   * names paths and code. @throws Error when there is none or it cannot be written; the recording has ended all the same
   */
  async stop(): Promise<string> {
    const { session } = this;
    if (!session) throw new Error('no profile is being recorded');
    this.session = null;
    try {
      const { profile } = await session.post('Profiler.stop');
      const { folder, program } = this.options;
      const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
      const name = `${program}-${process.pid}-${stamp}-${randomBytes(3).toString('hex')}.cpuprofile`;
      const file = path.join(folder, name);
      // wx: in a folder that everybody writes to nobody may have put something in the way.
      await writeFile(file, JSON.stringify(profile), { flag: 'wx', mode: 0o600 });
      return file;
    } finally {
      session.disconnect();
    }
  }
}
