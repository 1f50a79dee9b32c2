import type { ProviderConfig } from '../../../domain/config/config.js';
import type { ProblemSink, ProviderSection } from '../../../domain/config/driver-schema.js';
import { PluginDriverSchema } from './plugin-driver-schema.js';

const NOBODY: ProblemSink = { report: () => undefined };

/**
 * A provider whose driver cannot be used: off, but known by the keys that all drivers have, so that its nodes and uploads are not
 * taken for abandoned and requests for its labels wait. What the driver's own keys mean is not known, so nothing is reported.
 */
export function disabledProvider(section: ProviderSection, problem: string): ProviderConfig {
  const schema = new PluginDriverSchema({ name: section.driver, managesImages: true, configSchema: {} });
  return { ...schema.parse(section, NOBODY), managesImages: 'diskimages' in section.value, problem };
}
