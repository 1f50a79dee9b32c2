import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isBrowser } from '../../../src/adapters/http/negotiate.js';
import { WebServer } from '../../../src/adapters/http/web-server.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import type { LiveSections } from '../../../src/domain/presentation/live.js';
import type { LiveView } from '../../../src/ports/administration/live.js';
import { eventually } from '../../support/eventually.js';

const NOTHING: LiveSections = {
  configuration: { mistakes: 0, places: [] },
  daemons: { current: true, launchers: [], builders: [], damaged: 0 },
  pools: [],
  nodes: { total: 0, states: [], latest: [] },
  history: { states: [], rows: [] },
  labels: [],
  requests: { total: 0, states: [], because: [], waiting: [] },
  images: [],
  leases: { total: 0, states: [], open: [] },
};

class FakeView implements LiveView {
  now = NOTHING;
  asked = 0;
  started = 0;
  readonly listeners = new Set<() => void>();
  start(): void {
    this.started += 1;
  }
  stop(): void {
    this.started -= 1;
  }
  sections(): LiveSections {
    this.asked += 1;
    return this.now;
  }
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  change(total: number): void {
    this.now = { ...this.now, nodes: { total, states: [], latest: [] } };
    this.listeners.forEach((listener) => listener());
  }
}

let clock: VirtualClock;
let view: FakeView;
let server: WebServer;
let address: string;

beforeEach(async () => {
  clock = new VirtualClock(1000);
  view = new FakeView();
  const context = { live: view, ready: () => true, clock, logger: new MemoryLogger() };
  server = new WebServer(context, { feed: { viewers: 2 } });
  address = `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`;
});
afterEach(() => server.close());

/** Events as they come. */
class Viewer {
  text = '';
  private constructor(
    readonly status: number,
    private readonly controller: AbortController,
  ) {}

  static async open(last = ''): Promise<Viewer> {
    const controller = new AbortController();
    const headers = { accept: 'text/event-stream', ...(last === '' ? {} : { 'last-event-id': last }) };
    const response = await fetch(`${address}/live/events`, { headers, signal: controller.signal });
    const viewer = new Viewer(response.status, controller);
    void viewer.read(response).catch(() => undefined);
    return viewer;
  }

  get events(): readonly string[] {
    return [...this.text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name ?? '');
  }

  get lastId(): string {
    return [...this.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';
  }

  close(): void {
    this.controller.abort();
  }

  private async read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) this.text += decoder.decode(chunk);
  }
}

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

describe('the page', () => {
  test('is there for browsers, with rules that let nothing else in', async () => {
    const page = await fetch(`${address}/`, { headers: { accept: BROWSER } });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    const html = await page.text();
    expect(html).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|style="/);
    for (const [, file] of html.matchAll(/(?:src|href)="(\/live\/[^"]+)"/g)) {
      const asset = await fetch(`${address}${file}`, { headers: { accept: 'text/css,*/*;q=0.1' } });
      expect([file, asset.status]).toEqual([file, 200]);
      const etag = asset.headers.get('etag') ?? '';
      expect((await fetch(`${address}${file}`, { headers: { 'if-none-match': etag } })).status).toBe(304);
    }
  });

  test.each(['*/*', 'text/html', 'application/json', 'text/html;q=0.5', 'image/png, nonsense'])(
    'is not there for %s, as in the original [BUILDER 149]',
    async (accept) => {
      expect(isBrowser(accept)).toBe(false);
      expect((await fetch(`${address}/`, { headers: { accept } })).status).toBe(404);
    },
  );

  test('can be looked at only', async () => {
    const posted = await fetch(`${address}/`, { method: 'POST', headers: { accept: BROWSER } });
    expect(posted.status).toBe(405);
  });
});

describe('its events', () => {
  test('begin with everything and go on with what has changed, once a second', async () => {
    const viewer = await Viewer.open();
    await eventually('all sections are there', () => viewer.events.includes('done'));
    expect(viewer.events).toEqual([...Object.keys(NOTHING), 'done', 'beat']);
    viewer.text = '';
    const asked = view.asked;
    for (let total = 1; total <= 100; total += 1) view.change(total);
    await clock.advance(1);
    await eventually('the change is there', () => viewer.events.includes('done'));
    expect(viewer.events).toEqual(['nodes', 'done']);
    expect(viewer.text).toContain('data: {"total":100,"states":[],"latest":[]}');
    expect(view.asked - asked).toBe(1);
    viewer.close();
  });

  test('give a sign of life every ten seconds, with the time', async () => {
    const viewer = await Viewer.open();
    await eventually('all sections are there', () => viewer.events.includes('beat'));
    viewer.text = '';
    await clock.advance(10);
    await eventually('it lives', () => viewer.text.includes('data: {"now":1010}'));
    expect(viewer.events).toEqual(['beat']);
    viewer.close();
  });

  test('go on where a viewer has left off', async () => {
    const first = await Viewer.open();
    await eventually('all sections are there', () => first.events.includes('beat'));
    const other = await Viewer.open();
    await eventually('all sections are there', () => other.events.includes('beat'));
    first.close();
    view.change(5);
    await clock.advance(1);
    const again = await eventuallyOpen(first.lastId);
    await eventually('it is up to date', () => again.events.includes('beat'));
    expect(again.events).toEqual(['nodes', 'done', 'beat']);
    other.close();
    const stranger = await eventuallyOpen('0123456789ab-1');
    await eventually('all sections are there', () => stranger.events.includes('beat'));
    expect(stranger.events).toHaveLength(Object.keys(NOTHING).length + 2);
  });

  test('are for so many viewers only; nobody looking costs nothing', async () => {
    expect(view.listeners.size).toBe(0);
    const viewers = [await Viewer.open(), await Viewer.open()];
    expect((await Viewer.open()).status).toBe(503);
    expect(view.listeners.size).toBe(1);
    viewers.forEach((viewer) => viewer.close());
    await eventually('nobody looks', () => view.listeners.size === 0);
    const asked = view.asked;
    view.change(7);
    await clock.advance(60);
    expect(view.asked).toBe(asked);
  });

  test('end with the server', async () => {
    await Viewer.open();
    expect(view.started).toBe(1);
    await server.close();
    expect(view.started).toBe(0);
    expect(view.listeners.size).toBe(0);
  });
});

async function eventuallyOpen(last: string): Promise<Viewer> {
  let viewer = await Viewer.open(last);
  await eventually(
    'there is room',
    async () => viewer.status === 200 || (viewer = await Viewer.open(last)).status === 200,
  );
  return viewer;
}
