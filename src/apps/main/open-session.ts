import type { OpenSession } from '../../adapters/cli/session.js';
import { administrationModule } from '../composition/daemon-modules.js';
import { TOKENS } from '../composition/tokens.js';
import { connectInTime } from './connect-in-time.js';
import { openProcess } from './daemon.js';

/** A session of the command line with the store. */
export const openSession: OpenSession = async (options, mirrors) => {
  // `--debug` counts more than a logging configuration (spec BUILDER 3.1).
  const logConfigPath = options.debug ? null : options.logConfigPath;
  const running = await openProcess({ ...options, logConfigPath, logTo: 'stderr' }, [administrationModule()]);
  const { container } = running;
  const administration = container.get(TOKENS.administration);
  const close = async (): Promise<void> => {
    await container.get(TOKENS.providers).stop();
    await running.close();
  };
  try {
    const { zookeeper } = container.get(TOKENS.config).current;
    await connectInTime(container.get(TOKENS.clock), options.connectTimeout, zookeeper, async (signal) => {
      await container.get(TOKENS.store).session.connected(signal);
      await container.get(TOKENS.records).open(mirrors, signal);
    });
  } catch (error: unknown) {
    await close();
    throw error;
  }
  return {
    queries: administration.queries,
    aliens: administration.aliens,
    commands: administration.commands,
    inquiries: administration.inquiries,
    progress: administration.progress,
    close,
  };
};
