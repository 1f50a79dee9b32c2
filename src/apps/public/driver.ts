/**
 * `nodepool/driver`: what authors of drivers program against. Changes follow semantic versioning and `DRIVER_API_VERSION`
 * (docs/adr/0005-driver-api.md). A list of names on purpose: what is not here is not promised.
 */
export { DRIVER_API_VERSION, defineDriver } from '../../ports/compute/driver-api.js';
export type { DriverPlugin } from '../../ports/compute/driver-api.js';
export type { DriverCapabilities, DriverContext } from '../../ports/compute/driver.js';
export { ProviderError } from '../../ports/compute/errors.js';
export type { ProviderErrorKind } from '../../ports/compute/errors.js';
export type { CloudImage, ImageProvider, ImageUploadSpec } from '../../ports/compute/images.js';
export type {
  AccountInstance,
  FixedMachines,
  Instance,
  InstanceSpec,
  LabelReadiness,
  Provider,
} from '../../ports/compute/provider.js';
export type {
  DriverConfigSchema,
  KeyDescription,
  KeyKind,
  PoolLimitKey,
  SectionCheck,
  SectionDescription,
  SectionProblem,
} from '../../domain/config/driver-config-schema.js';
export type {
  CloudImageConfig,
  LabelImage,
  PoolConfig,
  PoolLabelConfig,
  ProviderConfig,
  ProviderImageConfig,
} from '../../domain/config/config.js';
export type { FixedSlot } from '../../domain/model/fixed-slot.js';
export type { Resources } from '../../domain/model/quota.js';
export { sleep } from '../../ports/toolkit/sleep.js';
export type { CancelTimer, Clock } from '../../ports/runtime/clock.js';
export type { Random } from '../../ports/runtime/random.js';
export type { LogFields, Logger } from '../../ports/telemetry/logger.js';
export type { Metrics } from '../../ports/telemetry/metrics.js';
export type { InstanceImage } from '../../domain/model/instance-image.js';
