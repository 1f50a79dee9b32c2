/**
 * Waits for an orderly end. Once `hurry` fires, `quickly` is called and there are so many seconds left.
 * Answers whether the end came in time.
 */
export async function endWithin(
  seconds: number,
  hurry: AbortSignal,
  orderly: Promise<void>,
  quickly: () => Promise<void>,
): Promise<'done' | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve, reject) => {
    const begin = (): void => {
      timer = setTimeout(() => resolve('late'), seconds * 1000);
      quickly().catch(reject);
    };
    if (hurry.aborted) begin();
    else hurry.addEventListener('abort', begin, { once: true });
  });
  try {
    return await Promise.race([orderly.then(() => 'done' as const), late]);
  } finally {
    clearTimeout(timer);
  }
}
