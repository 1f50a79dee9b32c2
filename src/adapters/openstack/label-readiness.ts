import type { PoolLabelConfig } from '../../domain/config/config.js';
import { openStackLabelSettings } from '../../domain/config/openstack.js';
import type { LabelReadiness } from '../../ports/compute/provider.js';
import type { Cached } from './cached.js';
import type { CloudSession } from './cloud-session.js';
import { chooseFlavor } from './flavors.js';
import { findActiveImage } from './glance-images.js';
import { findNetwork } from './networks.js';

/** Whether the cloud has what a label is made of, as far as is known now (spec BUILDER 6.3). */
export function labelReadiness(session: CloudSession, label: PoolLabelConfig): LabelReadiness {
  return (
    flavorTrouble(session, label) ?? networkTrouble(session, label) ?? imageTrouble(session, label) ?? { ready: true }
  );
}

function flavorTrouble({ flavors }: CloudSession, label: PoolLabelConfig): LabelReadiness | undefined {
  const known = flavors.peek();
  if (known === undefined) return unknown('flavors', flavors);
  const flavor = chooseFlavor(known, openStackLabelSettings(label));
  return 'problem' in flavor ? { ready: false, problem: flavor.problem, broken: true } : undefined;
}

function networkTrouble({ networks, config }: CloudSession, label: PoolLabelConfig): LabelReadiness | undefined {
  const { networks: wanted } = openStackLabelSettings(label);
  if (wanted.length === 0) return undefined;
  const known = networks.peek();
  if (known === undefined) return unknown('networks', networks);
  const missing = wanted.find((name) => findNetwork(known, name) === undefined);
  if (missing === undefined) return undefined;
  const problem = `Unable to find network ${missing} in provider ${config.name}`;
  return { ready: false, problem, broken: true };
}

/** Of images only those that are named are looked up; an id is believed. */
function imageTrouble({ images, config }: CloudSession, { image }: PoolLabelConfig): LabelReadiness | undefined {
  if (image.kind !== 'cloud-image') return undefined;
  const configured = config.cloudImages.get(image.name);
  if (configured?.imageId) return undefined;
  const known = images.peek();
  if (known === undefined) return unknown('images', images);
  const name = configured?.imageName ?? image.name;
  if (findActiveImage(known, name)) return undefined;
  return { ready: false, problem: `Unable to find image ${name}` };
}

function unknown(what: string, cache: Cached<unknown>): LabelReadiness {
  const why = cache.problem === null ? 'they are being asked for' : cache.problem;
  return { ready: false, problem: `The ${what} of the cloud are not known: ${why}` };
}
