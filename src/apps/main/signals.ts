/**
 * Resolves with the first of the signals that ask for an orderly end. @param again what a further one does; default: end the
 * process at once
 */
export function untilAskedToStop(
  signals: readonly NodeJS.Signals[],
  again: (name: NodeJS.Signals) => void = () => process.exit(1),
): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const name of signals) {
      process.on(name, () => {
        if (asked) again(name);
        asked = true;
        resolve(name);
      });
    }
  });
}
