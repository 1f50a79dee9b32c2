import { ACCOUNT_CHECKS } from './checks/account-checks.js';
import { CREATE_CHECKS } from './checks/create-checks.js';
import { DELETE_CHECKS } from './checks/delete-checks.js';
import { ERROR_CHECKS } from './checks/error-checks.js';
import { FIXED_CHECKS } from './checks/fixed-checks.js';
import { IMAGE_CHECKS } from './checks/image-checks.js';
import { INSTANCE_CHECKS } from './checks/instance-checks.js';
import { SIGNAL_CHECKS } from './checks/signal-checks.js';
import type { DriverCheck } from './driver-check.js';

/** The driver contract, promise by promise. */
export const DRIVER_CHECKS: readonly DriverCheck[] = [
  ...CREATE_CHECKS,
  ...INSTANCE_CHECKS,
  ...DELETE_CHECKS,
  ...ACCOUNT_CHECKS,
  ...ERROR_CHECKS,
  ...SIGNAL_CHECKS,
  ...IMAGE_CHECKS,
  ...FIXED_CHECKS,
];
