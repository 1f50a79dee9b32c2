// npm run simulate:wire -- --seeds N --from M: our client of ZooKeeper's wire protocol against a server and a network that misbehave.
import { installDependencies, run } from './lib/steps.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
installDependencies();
const env = {
  ...process.env,
  NODEPOOL_WIRE_SEEDS: option('seeds', '10000'),
  NODEPOOL_WIRE_FIRST: option('from', '1'),
};
process.exitCode = run('npx', ['vitest', 'run', '--project', 'unit', 'test/simulation/wire'], { env });
