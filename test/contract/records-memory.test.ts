import { memoryWorld } from '../support/memory-world.js';
import { describeImageRecords } from './records-images.suite.js';
import { describeInstallation } from './records-installation.suite.js';
import { describeLauncherRecords } from './records-launchers.suite.js';
import { describeTurns } from './records-turns.suite.js';
import { describeRecords } from './records.suite.js';

describeRecords('MemoryTreeStore', memoryWorld);
describeImageRecords('MemoryTreeStore', memoryWorld);
describeLauncherRecords('MemoryTreeStore', memoryWorld);
describeInstallation('MemoryTreeStore', memoryWorld);
describeTurns('MemoryTreeStore', memoryWorld);
