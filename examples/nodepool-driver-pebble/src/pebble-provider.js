import { openAsBlob } from 'node:fs';
import { ProviderError, sleep } from 'nodepool/driver';

/** How often plans and images are looked up anew, in seconds. */
const CATALOGUE_INTERVAL = 60;
const path = (id) => encodeURIComponent(id);

/** One project in Pebble. Nothing is remembered here that would be missing after a restart: the cloud is asked. */
export class PebbleProvider {
  images = null;
  fixed = null;
  #config;
  #context;
  #client;
  #plans = new Map();
  #stop = new AbortController();

  constructor(config, context, client) {
    this.#config = config;
    this.#context = context;
    this.#client = client;
    this.images = new PebbleImages(client);
  }

  async start(signal) {
    await this.#readCatalogue(signal);
    this.#refreshing = this.#keepCatalogue();
  }

  #refreshing = Promise.resolve();

  async stop() {
    this.#stop.abort(new Error('the provider is stopped'));
    await this.#refreshing;
  }

  /** From what was read before: these two are asked very often, and must answer at once. */
  labelReady(_pool, label) {
    const { plan } = label.settings;
    if (this.#plans.has(plan)) return { ready: true };
    return { ready: false, broken: true, problem: `Pebble has no plan ${plan}` };
  }

  resourcesOf(_pool, label) {
    return { instances: 1, ...this.#plans.get(label.settings.plan) };
  }

  async limits(signal) {
    const { limits } = await this.#client.get('/v1/account', signal);
    return { instances: limits.machines, cores: limits.cores };
  }

  async availabilityZones(signal) {
    return (await this.#client.get('/v1/account', signal)).zones;
  }

  /** Asked again with the same key, after a lost answer or a restart, the cloud answers the same machine. */
  async create(spec, signal) {
    const { id } = await this.#client.post(
      '/v1/machines',
      {
        name: spec.hostname,
        plan: spec.label.settings.plan,
        image: spec.image.kind === 'diskimage' ? spec.image.externalId : spec.image.idOrName,
        zone: spec.az,
        tags: spec.metadata,
      },
      signal,
      spec.idempotencyKey,
    );
    return id;
  }

  async waitUntilRunning(externalId, _spec, signal) {
    for (;;) {
      const machine = await this.#client.get(`/v1/machines/${path(externalId)}`, signal);
      if (machine.status === 'running') return instanceOf(machine);
      if (machine.status !== 'starting') {
        throw new ProviderError('transient', `Machine ${externalId} is ${machine.status}`, {
          externalId,
          metric: 'error.status',
        });
      }
      await this.#pause(signal);
    }
  }

  async delete(externalId, signal) {
    await this.#client.delete(`/v1/machines/${path(externalId)}`, signal);
    // Its quota is free only when it is gone.
    while (await this.#exists(externalId, signal)) await this.#pause(signal);
  }

  async list(signal) {
    const { machines } = await this.#client.get('/v1/machines', signal);
    return machines.map(({ id, tags, plan }) => ({
      externalId: id,
      metadata: tags,
      resources: { instances: 1, ...this.#plans.get(plan) },
    }));
  }

  async consoleLog(externalId, signal) {
    try {
      return (await this.#client.get(`/v1/machines/${path(externalId)}/console`, signal)).text;
    } catch (error) {
      if (error instanceof ProviderError && error.kind === 'not-found') return null;
      throw error;
    }
  }

  async #exists(externalId, signal) {
    try {
      await this.#client.get(`/v1/machines/${path(externalId)}`, signal);
      return true;
    } catch (error) {
      if (error instanceof ProviderError && error.kind === 'not-found') return false;
      throw error;
    }
  }

  #pause(signal) {
    return sleep(this.#context.clock, this.#config.settings['poll-interval'], signal);
  }

  async #readCatalogue(signal) {
    const { plans } = await this.#client.get('/v1/plans', signal);
    this.#plans = new Map(plans.map(({ name, cores, memory }) => [name, { cores, ram: memory }]));
  }

  async #keepCatalogue() {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await sleep(this.#context.clock, CATALOGUE_INTERVAL, signal);
        await this.#readCatalogue(signal);
      } catch (error) {
        if (!signal.aborted) this.#context.logger.warn('The plans cannot be read', { problem: error.message });
      }
    }
  }
}

class PebbleImages {
  #client;

  constructor(client) {
    this.#client = client;
  }

  /** Either the whole image is there in the end, or nothing of it. */
  async upload(spec, signal) {
    const { name, format, properties } = spec;
    const { id } = await this.#client.post('/v1/images', { name, format, tags: properties }, signal);
    try {
      await this.#client.put(`/v1/images/${path(id)}/data`, (await openAsBlob(spec.file)).stream(), signal);
      return id;
    } catch (error) {
      await this.#client.delete(`/v1/images/${path(id)}`, new AbortController().signal).catch(() => undefined);
      throw error;
    }
  }

  async remove(externalId, signal) {
    await this.#client.delete(`/v1/images/${path(externalId)}`, signal);
  }

  async list(signal) {
    const { images } = await this.#client.get('/v1/images', signal);
    return images.map(({ id, name, tags }) => ({ externalId: id, name, properties: tags }));
  }
}

function instanceOf({ id, address, zone }) {
  return {
    externalId: id,
    interfaceIp: address,
    publicIpv4: address,
    privateIpv4: null,
    publicIpv6: null,
    az: zone,
    region: null,
    cloud: 'pebble',
    hostId: null,
    resources: null,
    // Unknown: Nodepool scans for them.
    hostKeys: null,
  };
}
