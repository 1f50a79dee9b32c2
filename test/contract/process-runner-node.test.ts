import { NodeProcessRunner } from '../../src/adapters/system/node-process-runner.js';
import { describeProcessRunnerContract } from './process-runner.suite.js';

describeProcessRunnerContract('child processes of Node', () => new NodeProcessRunner({ outputGrace: 1.5 }));
