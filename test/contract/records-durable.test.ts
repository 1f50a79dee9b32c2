import { durableWorld } from '../support/durable-world.js';
import { describeImageRecords } from './records-images.suite.js';
import { describeInstallation } from './records-installation.suite.js';
import { describeLauncherRecords } from './records-launchers.suite.js';
import { describeRecords } from './records.suite.js';

describeRecords('The durable tree', durableWorld);
describeImageRecords('The durable tree', durableWorld);
describeLauncherRecords('The durable tree', durableWorld);
describeInstallation('The durable tree', durableWorld);
