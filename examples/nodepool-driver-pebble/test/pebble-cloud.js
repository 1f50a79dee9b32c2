/** A double of the Pebble cloud: the real API over HTTP, machines in memory, and ways to bring trouble about. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const PLANS = [
  { name: 's1', cores: 1, memory: 2048 },
  { name: 'm1', cores: 4, memory: 8192 },
];
const PUBLIC_IMAGES = ['debian-12', 'fedora-42'];

export class PebbleCloud {
  machines = new Map();
  images = new Map();
  limits = { machines: 20, cores: 100 };
  token = 'pebble-token-1234';
  /** Milliseconds. Enough for another call to come first, on a busy machine too. */
  bootTime = 250;
  stopTime = 20;
  #server = createServer((request, response) => void this.#serve(request, response));
  #sockets = new Set();
  #troubles = [];

  /** Listens on this machine; answers the address. */
  async open() {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The next request of which `when` is true meets with trouble: `{status, code}`, `hang: true` or `lose: true`. */
  trouble(when, what) {
    this.#troubles.push({ when, ...what });
  }

  remove(id) {
    this.machines.delete(id);
  }

  async #serve(request, response) {
    const answer = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : JSON.stringify(body));
    };
    const refuse = (status, code, message) => answer(status, { error: { code, message } });
    const body = [];
    for await (const chunk of request) body.push(chunk);
    if (request.headers.authorization !== `Bearer ${this.token}`) return refuse(401, 'unauthorized', 'who are you?');
    const { method } = request;
    const [, , kind, id, part] = request.url.split('?')[0].split('/').map(decodeURIComponent);
    const index = this.#troubles.findIndex(({ when }) => when({ method, kind, id }));
    const [trouble] = index < 0 ? [] : this.#troubles.splice(index, 1);
    if (trouble?.hang) return undefined;
    if (trouble?.status) return refuse(trouble.status, trouble.code ?? 'trouble', 'not today');
    const text = Buffer.concat(body).toString();
    const respond = trouble?.lose ? () => request.socket.destroy() : answer;
    const call = {
      method,
      id,
      part,
      key: request.headers['idempotency-key'],
      size: text.length,
      broken: trouble?.broken,
    };
    const json = part === 'data' || text === '' ? {} : JSON.parse(text);
    if (kind === 'account') return respond(200, { limits: this.limits, zones: ['north', 'south'] });
    if (kind === 'plans') return respond(200, { plans: PLANS });
    if (kind === 'machines') return this.#machines(call, json, respond, refuse);
    if (kind === 'images') return this.#images(call, json, respond, refuse);
    return refuse(404, 'not_found', 'no such thing');
  }

  #machines({ method, id, part, key, broken }, wanted, answer, refuse) {
    if (method === 'POST') return this.#make(key, wanted, broken, answer, refuse);
    if (id === undefined) return answer(200, { machines: [...this.machines.values()] });
    const machine = this.machines.get(id);
    if (!machine) return refuse(404, 'not_found', `no machine ${id}`);
    if (part === 'console') return answer(200, { text: `booting ${machine.name}\n` });
    if (method !== 'DELETE') return answer(200, machine);
    machine.status = 'stopping';
    setTimeout(() => this.machines.delete(id), this.stopTime).unref();
    return answer(202);
  }

  #make(key, { name, plan, image, zone, tags }, broken, answer, refuse) {
    const known = [...this.machines.values()].find((machine) => machine.key === key && machine.status !== 'stopping');
    if (key !== undefined && known) return answer(200, known);
    if (!PLANS.some((candidate) => candidate.name === plan)) return refuse(422, 'plan_not_found', `no plan ${plan}`);
    if (!PUBLIC_IMAGES.includes(image) && !this.images.get(image)?.complete) {
      return refuse(422, 'image_not_found', `no image ${image}`);
    }
    if (this.machines.size >= this.limits.machines) return refuse(403, 'quota_exceeded', 'too many machines');
    const id = randomUUID();
    const address = `192.0.2.${(this.machines.size % 250) + 1}`;
    const machine = { id, key, name, plan, tags, zone: zone ?? 'north', status: 'starting', address };
    this.machines.set(id, machine);
    const boot = () =>
      (machine.status = machine.status === 'starting' ? (broken ? 'failed' : 'running') : machine.status);
    setTimeout(boot, this.bootTime).unref();
    return answer(201, machine);
  }

  #images({ method, id, part, size }, { name, format, tags }, answer, refuse) {
    if (method === 'POST') {
      const image = { id: randomUUID(), name, format, tags, complete: false };
      this.images.set(image.id, image);
      return answer(201, image);
    }
    if (id === undefined) return answer(200, { images: [...this.images.values()].filter(({ complete }) => complete) });
    const image = this.images.get(id);
    if (!image) return refuse(404, 'not_found', `no image ${id}`);
    if (method === 'DELETE') this.images.delete(id);
    else if (part === 'data') Object.assign(image, { size, complete: true });
    return answer(200, image);
  }
}
