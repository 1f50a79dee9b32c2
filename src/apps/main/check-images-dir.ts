import { access, constants, stat } from 'node:fs/promises';

/** Better to hear of a missing folder now than from a build. @throws Error naming `images-dir` and what is wrong with it */
export async function checkImagesDir(folder: string): Promise<void> {
  const problem = await problemOf(folder);
  if (problem !== null) throw new Error(`images-dir: ${folder} ${problem}`);
}

async function problemOf(folder: string): Promise<string | null> {
  try {
    if (!(await stat(folder)).isDirectory()) return 'is not a directory';
    await access(folder, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'does not exist; create it first';
    return code === 'EACCES' || code === 'EROFS' ? 'cannot be written to' : `cannot be used (${code ?? message})`;
  }
}
