import { apiVersionFit } from '../../ports/compute/driver-api.js';
import type { DriverPlugin } from '../../ports/compute/driver-api.js';
import type { DriverCapabilities } from '../../ports/compute/driver.js';

export type PluginCheck =
  | { readonly kind: 'driver'; readonly plugin: DriverPlugin }
  | { readonly kind: 'unusable'; readonly problem: string; readonly hint: string };

export const CAPABILITIES: readonly (keyof DriverCapabilities)[] = ['images', 'quota', 'leaks', 'zones', 'console'];

/** Whether what a module exports is a driver that runs here. Does not call anything of it. */
export function checkPlugin(exported: Readonly<Record<string, unknown>>): PluginCheck {
  const candidate = driverOf(exported);
  if (candidate === undefined) {
    return {
      kind: 'unusable',
      problem: 'does not export a driver',
      hint: 'a driver is an object with apiVersion, name, version, capabilities, configSchema and createProvider, exported as default',
    };
  }
  // The version first: what else is missing may just be how things are called in another one.
  const fit = apiVersionFit(candidate['apiVersion']);
  if (fit.kind === 'unfit') return { kind: 'unusable', problem: fit.problem, hint: fit.hint };
  const fault = faultOf(candidate);
  if (fault !== undefined) return { kind: 'unusable', problem: fault, hint: "report it to the driver's author" };
  return { kind: 'driver', plugin: candidate as unknown as DriverPlugin };
}

type Candidate = Readonly<Record<string, unknown>>;

/** CommonJS modules come wrapped once more. */
function driverOf(exported: Candidate): Candidate | undefined {
  const inner = exported['default'];
  const options = [exported['driver'], inner, isObject(inner) ? inner['default'] : undefined];
  if (isObject(inner)) options.push(inner['driver']);
  return options.filter(isObject).find((option) => 'createProvider' in option || 'apiVersion' in option);
}

function faultOf(candidate: Candidate): string | undefined {
  const { name, version, capabilities, configSchema, createProvider } = candidate;
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9._-]*$/.test(name)) return 'its name is no name of a driver';
  if (typeof version !== 'string' || version === '') return 'it has no version';
  if (typeof createProvider !== 'function') return 'its createProvider is no function';
  if (!isObject(configSchema)) return 'it has no configSchema';
  if (!isObject(capabilities)) return 'it does not say its capabilities';
  const missing = CAPABILITIES.filter((capability) => typeof capabilities[capability] !== 'boolean');
  return missing.length > 0 ? `its capabilities do not say ${missing.join(', ')}` : undefined;
}

function isObject(value: unknown): value is Candidate {
  return typeof value === 'object' && value !== null;
}
