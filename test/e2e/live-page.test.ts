import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_DEFAULTS } from '../../src/domain/model/node.js';
import type { Records } from '../../src/ports/records/records.js';
import { openChromium, withoutChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { StandaloneWorld } from '../support/standalone-world.js';

const NODES = 2000;
const FAKE = { 'boot-time': 0, 'delete-time': 0, 'api-latency': 0, quota: {} };
const CONFIG = {
  labels: [
    { name: 'debian-small', 'min-ready': 1200 },
    { name: 'debian-large', 'min-ready': 400 },
    { name: 'ubuntu', 'min-ready': 400 },
    { name: 'gpu' },
  ],
  diskimages: [
    { name: 'debian', elements: ['debian-minimal'] },
    { name: 'ubuntu', elements: ['ubuntu-minimal'] },
  ],
  providers: [
    {
      name: 'cloud-one',
      driver: 'fake',
      cloud: 'fake',
      fake: FAKE,
      diskimages: [{ name: 'debian' }, { name: 'ubuntu' }],
      pools: [
        {
          name: 'main',
          'max-servers': 1650,
          labels: [
            { name: 'debian-small', diskimage: 'debian', 'min-ram': 2048 },
            { name: 'debian-large', diskimage: 'debian', 'min-ram': 8192 },
          ],
        },
        { name: 'gpu', 'max-servers': 1, labels: [{ name: 'gpu', diskimage: 'debian', 'min-ram': 2048 }] },
      ],
    },
    {
      name: 'cloud-two',
      driver: 'fake',
      cloud: 'fake',
      fake: FAKE,
      diskimages: [{ name: 'ubuntu' }],
      pools: [
        {
          name: 'main',
          'max-servers': 500,
          labels: [{ name: 'ubuntu', diskimage: 'ubuntu', 'min-ram': 2048 }],
        },
      ],
    },
  ],
};
/** Most of the nodes are there already, as after a restart: launching them takes half a minute. */
const SEEDED: readonly (readonly [label: string, provider: string, count: number])[] = [
  ['debian-small', 'cloud-one', 1150],
  ['debian-large', 'cloud-one', 380],
  ['ubuntu', 'cloud-two', 390],
];

async function seedNodes(records: Records): Promise<void> {
  const stateTime = Date.now() / 1000 - 600;
  for (const [label, provider, count] of SEEDED) {
    const node = { ...NODE_DEFAULTS, state: 'ready' as const, stateTime, provider, pool: 'main', type: [label] };
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        records.nodes.create({ ...node, externalId: `seed-${provider}-${label}-${index}`, launcher: 'before' }),
      ),
    );
  }
}

const SHOTS = process.env['NODEPOOL_SCREENSHOTS'];

/** The tests below are one story, told in order. */
describe.skipIf(withoutChromium())('the live page with 2,000 nodes, in a browser [C25]', () => {
  let world: StandaloneWorld;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    world = await StandaloneWorld.start(CONFIG, { seed: seedNodes });
    await eventually('all nodes are ready', () => world.count('ready') >= NODES, 90);
    browser = await openChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(world.web)) complaints.push(`asked for ${request.url()}`);
    });
    // How long the page was too busy to react, from its first moment on.
    await page.addInitScript(`
      window.longTasks = [];
      new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration)))
        .observe({ type: 'longtask', buffered: true });
    `);
  });

  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  const text = (selector: string): Promise<string> => page.locator(selector).innerText();

  it('is for browsers only; everybody else finds what the original has there', async () => {
    const status = async (accept: string): Promise<number> =>
      (await fetch(`${world.web}/`, { headers: { accept } })).status;
    expect(await status('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8')).toBe(200);
    for (const accept of ['*/*', 'text/html', 'application/json', 'text/html, */*'])
      expect([accept, await status(accept)]).toEqual([accept, 404]);
  });

  it('shows how many nodes there are, added up', async () => {
    const started = performance.now();
    await page.goto(world.web, { waitUntil: 'load' });
    await page.locator('#link[data-state="live"]').waitFor();
    await expect.poll(() => text('#total-nodes')).toBe('2,000');
    const elapsed = performance.now() - started;
    expect(await text('#total-free')).toBe('2,000');
    expect(await text('#pools tbody tr[data-key="cloud-one/main"]')).toMatch(
      /1,600 of 1,650 instances[\s\S]*1,600 free[\s\S]*serving/,
    );
    expect(await text('#pools tbody tr[data-key="cloud-two/main"]')).toContain('400 of 500');
    expect(await text('#nodes .legend')).toContain('2,000 free');
    const bytes = await page.evaluate<number>(
      `performance.getEntriesByType('resource').reduce((sum, entry) => sum + entry.transferSize, 0)`,
    );
    console.log(
      `live page: ${Math.round(elapsed)} ms until it shows ${NODES} nodes, ${Math.round(bytes / 1024)} KiB of files`,
    );
  });

  it('shows images from the build to every provider', async () => {
    const debian = await text('#images tbody tr[data-key="debian"]');
    expect(debian).toMatch(/ready/);
    expect(debian).toMatch(/cloud-one\s+ready/);
    expect(await text('#images tbody tr[data-key="ubuntu"]')).toMatch(/cloud-one\s+ready[\s\S]*cloud-two\s+ready/);
  });

  it('shows launchers, builders and labels', async () => {
    const daemons = await text('#daemons');
    expect(daemons).toMatch(/launcher/);
    expect(daemons).toMatch(/builder/);
    expect(daemons).toContain('cloud-two/main');
    expect(await text('#labels tbody tr[data-key="debian-small"]')).toMatch(/1,200 of 1,200/);
  });

  it('shows a waiting request with its explanation, without being loaded again', async () => {
    await page.evaluate('window.sameDocument = true');
    const first = await world.request(['gpu']);
    await world.use(first);
    const second = await world.request(['gpu'], 'zuul.example.org');
    const row = page.locator(`#requests li[data-key="${second}"]`);
    await row.waitFor({ timeout: 10_000 });
    await expect
      .poll(() => row.innerText())
      .toContain('Pool cloud-one/gpu uses 1 of its 1 instances, and 1 more is needed.');
    await row.locator('summary').click();
    expect(await row.innerText()).toMatch(/zuul\.example\.org[\s\S]*What helps: A node of pool/);
    expect(await text('#total-requests')).toBe('1');
    await expect.poll(() => text('#requests .reasons')).toContain('the limit of a pool is reached × 1');
    await expect
      .poll(() => text('#pools tbody tr[data-key="cloud-one/gpu"]'))
      .toMatch(/1 of 1 instances[\s\S]*waits for room/);
    const holder = page.locator('#node-table tbody tr', { hasText: `request ${first}` });
    await expect.poll(() => holder.innerText()).toMatch(/cloud-one\/gpu\s+gpu\s+in-use/);
    // What is open stays open while numbers change below it.
    const other = await world.request(['gpu']);
    await page.locator(`#requests li[data-key="${other}"]`).waitFor();
    expect(await row.locator('details').getAttribute('open')).not.toBeNull();
    await screenshots('waiting');
    // Links lead to something in the page, not to a table of text.
    await row.getByText('Everything about it').click();
    await expect
      .poll(() => text('#explanation'))
      .toMatch(
        /Why is request [\s\S]*zuul\.example\.org[\s\S]*Pool cloud-one\/gpu uses 1 of its 1 instances, [\s\S]*QUOTA_POOL/,
      );
    await screenshots('explained');
    await page.locator('#close-explanation').click();
    await expect.poll(() => page.locator('#explanation').isHidden()).toBe(true);
    expect(await page.locator('a[href^="/"]').count()).toBe(0);
    await world.giveBack();
    await world.use(second);
    await world.giveBack();
    await world.use(other);
    await world.giveBack();
    await expect.poll(() => text('#total-requests')).toBe('0');
    expect(await page.evaluate('window.sameDocument')).toBe(true);
  });

  it('stays quick while many nodes change', async () => {
    await page.evaluate('window.longTasks.length = 0');
    const frames = page.evaluate<number>(`new Promise((resolve) => {
      let worst = 0, last = performance.now(), left = 180;
      const frame = (now) => { worst = Math.max(worst, now - last); last = now; (left -= 1) > 0 ? requestAnimationFrame(frame) : resolve(worst); };
      requestAnimationFrame(frame);
    })`);
    const requests = await Promise.all(Array.from({ length: 60 }, () => world.request(['ubuntu'])));
    for (const request of requests) await world.use(request);
    const worst = await frames;
    await expect.poll(() => text('#nodes .legend')).toMatch(/60 in-use/);
    const tasks = await page.evaluate<readonly number[]>('window.longTasks');
    const longest = Math.max(0, ...tasks);
    console.log(
      `live page: while 60 requests were served, longest frame ${Math.round(worst)} ms, ` +
        `${tasks.length} tasks over 50 ms, the longest ${Math.round(longest)} ms`,
    );
    // Not a measurement: a page that draws 2,000 rows a second would be far beyond.
    expect(longest).toBeLessThan(1000);
    await world.giveBack();
  });

  it('never says that nothing is there when the filter hides it', async () => {
    await page.locator('#filter').fill('no-such-thing');
    for (const [section, hidden] of [
      ['pools', /hides 3 here/],
      ['images', /hides 2 here/],
      ['labels', /hides 4 here/],
      ['daemons', /hides 2 here/],
      ['node-table', /hides 2,0\d\d here/],
    ] as const) {
      await expect.poll(() => text(`#${section} .body`)).toMatch(hidden);
    }
    await page.locator('#filter').fill('cloud-two');
    await expect.poll(() => text('#pools .body')).toMatch(/cloud-two\/main[\s\S]*2 more hidden by the filter/);
    await page.locator('#pools [data-clear="filter"]').click();
    await expect.poll(() => page.locator('#pools tbody tr').count()).toBe(3);
    expect(await page.locator('#filter').inputValue()).toBe('');
  });

  it('shows each node, and finds those that it was not told of', async () => {
    await expect.poll(() => page.locator('#node-table tbody tr').count()).toBe(100);
    expect(await text('#node-table .body')).toMatch(/The 100 that changed last, of 2,0\d\d/);
    const [oldest] = [...world.records.nodes.view.all().keys()].sort();
    await page.locator('#filter').fill(oldest ?? '');
    const found = page.locator(`#node-table tbody tr[data-key="${oldest}"]`);
    await found.waitFor({ timeout: 10_000 });
    expect(await found.innerText()).toMatch(/cloud-one\/main\s+debian-small\s+free\s+\S+ min\s+nobody/);
    await found.locator('a').click();
    await expect.poll(() => text('#explanation')).toContain(`Why is node ${oldest} as it is?`);
    await page.locator('#close-explanation').click();
    await page.locator('#filter').fill('');
  });

  it('draws steps, over the time that is chosen', async () => {
    await page.locator('#nodes [data-span="5"]').click();
    await expect.poll(() => page.locator('#nodes svg').getAttribute('aria-label')).toContain('over the last 5 minutes');
    await page.locator('#nodes [data-span="60"]').click();
    await expect
      .poll(() => page.locator('#nodes svg').getAttribute('aria-label'))
      .toContain('over the last 60 minutes');
    expect(await page.locator('#nodes [aria-pressed="true"]').innerText()).toBe('60 min');
    // Every line of an area is level or upright.
    const slopes = await page.evaluate<number>(`[...document.querySelectorAll('#nodes polygon')].reduce((sum, area) => {
      const points = area.getAttribute('points').split(' ').map((point) => point.split(',').map(Number));
      const half = points.slice(0, -1).filter(([x, y], index) => x !== points[index + 1][0] && y !== points[index + 1][1]);
      return sum + half.length;
    }, 0)`);
    expect(slopes).toBe(0);
  });

  it('can be used by keyboard alone', async () => {
    await page.reload();
    await page.locator('#link[data-state="live"]').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement?.className')).toBe('skip');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement?.id')).toBe('main');
    await world.use(await world.request(['gpu']));
    const waiting = await world.request(['gpu']);
    await page.locator(`#requests li[data-key="${waiting}"]`).waitFor();
    for (let press = 0; press < 30; press += 1) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate('document.activeElement?.tagName')) === 'SUMMARY') break;
    }
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#requests details[open]').count()).toBe(1);
    await page.keyboard.press('/');
    await page.keyboard.type('cloud-two');
    await expect.poll(() => page.locator('#pools tbody tr').count()).toBe(1);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('#pools tbody tr').count()).toBe(3);
    await world.giveBack();
    await world.use(waiting);
    await world.giveBack();
  });

  it('has landmarks, one main heading, captions and heads, and fits a phone', async () => {
    for (const landmark of ['header', 'nav[aria-label]', 'main', 'footer'])
      expect([landmark, await page.locator(landmark).count()]).toEqual([landmark, 1]);
    expect(await page.locator('h1').count()).toBe(1);
    expect(await page.locator('table:not(:has(caption))').count()).toBe(0);
    expect(await page.locator('thead th:not([scope="col"]), tbody th:not([scope="row"])').count()).toBe(0);
    expect(await page.locator('section:not([aria-labelledby]):not([aria-label])').count()).toBe(0);
    await page.setViewportSize({ width: 360, height: 740 });
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    // Everything can be reached there: nothing is hidden, and nothing lies beyond the edge.
    for (const part of [
      '#filter',
      'nav a[href="#daemons"]',
      '#nodes [data-span="60"]',
      '#node-table tbody tr >> nth=0',
    ]) {
      const box = await page.locator(part).boundingBox();
      expect([part, box !== null && box.x >= 0 && box.x + box.width <= 360]).toEqual([part, true]);
    }
  });

  it.each(['light', 'dark'] as const)('has enough contrast in the %s', async (colorScheme) => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate<readonly string[]>(FAINT_TEXTS)).toEqual([]);
    await page.emulateMedia({ colorScheme: null });
  });

  it('finds its way back after the connection was cut, and says so meanwhile', async () => {
    await page.context().setOffline(true);
    await page.evaluate(`window.stop()`);
    await page.context().setOffline(false);
    await page.locator('#link[data-state="live"]').waitFor({ timeout: 40_000 });
  });

  it('has caused no complaint in the console', () => {
    expect(complaints).toEqual([]);
  });

  async function screenshots(name: string): Promise<void> {
    if (SHOTS === undefined) return;
    await mkdir(SHOTS, { recursive: true });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: path.join(SHOTS, `${name}-${colorScheme}.png`), fullPage: true });
    }
    await page.emulateMedia({ colorScheme: null });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({
      path: path.join(SHOTS, `${name}-phone.png`),
      fullPage: true,
      clip: { x: 0, y: 0, width: 390, height: 2000 },
    });
    await page.setViewportSize({ width: 1280, height: 900 });
  }
});

/** Texts whose contrast to what is behind them is below 4.5 (WCAG AA), computed from what the browser shows. */
const FAINT_TEXTS = `(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => { const c = part / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = parse(getComputedStyle(each).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || element.closest('svg, script, noscript') || element.offsetParent === null) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.add(element.tagName + '.' + element.className + ' ' + contrast.toFixed(1));
  }
  return [...faint];
})()`;
