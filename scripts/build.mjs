// npm run build: TypeScript to dist.
import { build } from './lib/steps.mjs';

build();
