/**
 * The process groups that this process runs. They do not outlive it, however it comes to `process.exit`; for an end by a signal
 * the program has to call `killAll` itself.
 */
export const RunningGroups = {
  /** @param kill ends a group, and does nothing if it has ended. Answers the way to forget it. */
  add(kill: () => void): () => void {
    if (running.size === 0) process.once('exit', killAll);
    running.add(kill);
    return () => {
      running.delete(kill);
      if (running.size === 0) process.off('exit', killAll);
    };
  },
  killAll,
};

const running = new Set<() => void>();

function killAll(): void {
  for (const kill of running) kill();
}
