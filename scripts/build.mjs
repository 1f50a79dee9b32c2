// npm run build: TypeScript to dist, which is replaced in one step: commands and daemons that run meanwhile see one build or the other.
//
//   --plain    dist becomes a folder in place of a link, for packing; builds only if dist is not what src is
//   --linked   undoes that; builds nothing
import { isBuilt } from './lib/built.mjs';
import { makeLink, makePlain } from './lib/builds.mjs';
import { build, ROOT } from './lib/steps.mjs';

const plain = process.argv.includes('--plain');
if (process.argv.includes('--linked')) makeLink(ROOT);
else {
  if (!plain || !isBuilt()) build();
  if (plain) makePlain(ROOT);
}
