// npm run build: TypeScript to dist, which is replaced in one step: commands and daemons that run meanwhile see one build or the other.
//
//   --plain    dist becomes a folder in place of a link, for packing
//   --linked   undoes that; builds nothing
import { makeLink, makePlain } from './lib/builds.mjs';
import { build, ROOT } from './lib/steps.mjs';

if (process.argv.includes('--linked')) makeLink(ROOT);
else {
  build();
  if (process.argv.includes('--plain')) makePlain(ROOT);
}
