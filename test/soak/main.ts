/** `npm run soak -- --rounds 200`, once it is built. */
import { parseArgs } from 'node:util';
import { Soak } from './soak.js';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('soak: --rounds takes a whole number');
  process.exit(2);
}
const say = (line: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
const soak = await Soak.begin(say);
try {
  await soak.run(rounds);
  say(`${rounds} rounds survived`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await soak.end();
}
process.exit();
