import { CALAMITIES } from './catalogue/calamities.js';
import { COMPANY } from './catalogue/company.js';
import { IMAGES } from './catalogue/images.js';
import { LAUNCHER } from './catalogue/launcher.js';
import { LEASES } from './catalogue/leases.js';
import { LIMITS } from './catalogue/limits.js';
import { MACHINES } from './catalogue/machines.js';
import { PROMISES } from './catalogue/promises.js';
import { RULES } from './catalogue/rules.js';
import { STANDSTILL } from './catalogue/standstill.js';
import { STORE } from './catalogue/store.js';
import type { Area } from './source-mutation.js';

export const AREAS: readonly Area[] = [
  LAUNCHER,
  LIMITS,
  IMAGES,
  MACHINES,
  LEASES,
  STORE,
  RULES,
  STANDSTILL,
  CALAMITIES,
  PROMISES,
  COMPANY,
];
