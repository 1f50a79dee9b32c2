import { readFile, writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEASE_DEFAULTS, type NodeLease } from '../../src/domain/model/lease.js';
import { aLeasedNode } from '../support/builders.js';
import { openChromium, withoutChromium } from '../support/chromium.js';
import { StandaloneWorld } from '../support/standalone-world.js';

const CONFIG = {
  labels: [{ name: 'debian' }],
  providers: [
    {
      name: 'cloud-one',
      driver: 'fake',
      cloud: 'fake',
      'cloud-images': [{ name: 'debian' }],
      pools: [{ name: 'main', 'max-servers': 2, labels: [{ name: 'debian', 'cloud-image': 'debian' }] }],
    },
  ],
};
const ACTIVE = '0199c2d8-0000-4000-8000-000000000001';
const WAITING = '0199c2d8-0000-4000-8000-000000000002';
const HOSTILE = '0199c2d8-0000-4000-8000-000000000003';

/** The tests below are one story, told in order. */
describe.skipIf(withoutChromium())('leases and the configuration on the live page, in a browser', () => {
  let world: StandaloneWorld;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    world = await StandaloneWorld.start(CONFIG, { gateway: false });
    browser = await openChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('dialog', (dialog) => {
      complaints.push(`asked ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(world.web, { waitUntil: 'load' });
    await page.locator('#link[data-state="live"]').waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  const text = (selector: string): Promise<string> => page.locator(selector).innerText();
  const row = (id: string): string => `#leases tbody tr[data-key="${id}"]`;

  async function lease(id: string, change: Partial<NodeLease>): Promise<void> {
    const now = Date.now() / 1000;
    const wish = { state: 'waiting' as const, stateTime: now, createdAt: now - 600, holder: 'team-a' };
    await world.records.leases.create(id, { ...LEASE_DEFAULTS, ...wish, labels: ['debian'], ...change });
  }

  it('says that there is none', async () => {
    await expect.poll(() => text('#leases .body')).toBe('Nobody has a lease.');
  });

  it('shows who holds what, what for, since when and how much longer', async () => {
    const now = Date.now() / 1000;
    await lease(ACTIVE, {
      state: 'active',
      purpose: 'https://ci.example/job/17',
      activeAt: now,
      expiresAt: now + 1830,
      nodes: [aLeasedNode('0000000041'), aLeasedNode('0000000042')],
      sshKeys: ['ssh-ed25519 AAAAnotforyou'],
    });
    await lease(WAITING, { holder: 'team-b', purpose: null, createdAt: now - 60 });
    await expect
      .poll(() => text(row(ACTIVE)))
      .toMatch(
        /0001\s+team-a\s+https:\/\/ci\.example\/job\/17\s+active\s+10 min\s+in 3\d min\s+debian\s+0000000041\s+0000000042/,
      );
    expect(await text(row(WAITING))).toMatch(
      /team-b\s+no purpose given\s+waiting\s+\d+ (?:s|min)\s+not by itself\s+debian\s+none yet/,
    );
    expect(await text('#leases .chips')).toMatch(/1 active\s+1 waiting/);
    expect(await page.content()).not.toContain('notforyou');
  });

  it('shows texts of others as texts', async () => {
    const nasty = '<img src=x onerror=alert(1)>\u202e\u001b[31m';
    await lease(HOSTILE, { holder: nasty, purpose: nasty, labels: [nasty] });
    const shown = '<img src=x onerror=alert(1)>\\u202e\\u001b[31m';
    await expect.poll(() => text(row(HOSTILE))).toContain(shown);
    expect(await page.locator('#leases img').count()).toBe(0);
  });

  it('is searched by the filter, and links to the nodes', async () => {
    await page.locator('#filter').fill('0000000042');
    await expect.poll(() => page.locator('#leases tbody tr').count()).toBe(1);
    expect(await text('#leases .body')).toContain('2 more hidden by the filter');
    await page.locator('#filter').fill('nobody-at-all');
    await expect.poll(() => text('#leases .body')).toContain('hides 3 here');
    await page.locator('#filter').fill('');
    expect(
      await page
        .locator(`${row(ACTIVE)} a`)
        .first()
        .getAttribute('href'),
    ).toBe('#explain/node/0000000041');
  });

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    for (const part of [
      'nav a[href="#leases"]',
      row(ACTIVE),
      ...[1, 2, 5, 7].map((n) => `${row(ACTIVE)} td >> nth=${n - 1}`),
    ]) {
      const box = await page.locator(part).boundingBox();
      expect([part, box !== null && box.width > 0 && box.x >= 0 && box.x + box.width <= 360]).toEqual([part, true]);
    }
    if (process.env['NODEPOOL_SCREENSHOTS'] !== undefined)
      await page.locator('#leases').screenshot({ path: `${process.env['NODEPOOL_SCREENSHOTS']}/leases-phone.png` });
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it('lets go of a lease that has ended', async () => {
    await world.records.leases.change(WAITING, (value) => ({ ...value, state: 'ended', outcome: 'cancelled' }));
    await expect.poll(() => page.locator(row(WAITING)).count()).toBe(0);
  });

  it('tells of a changed configuration that cannot be used, until it is mended [C23]', async () => {
    const notice = page.locator('#configuration');
    expect(await notice.isHidden()).toBe(true);
    const good = await readFile(world.configFile, 'utf8');
    await writeFile(world.configFile, good.replace('"max-servers":2', '"max-servers":"hunter2"'));
    await expect.poll(() => notice.isVisible()).toBe(true);
    const said = await notice.innerText();
    expect(said).toMatch(/has 1 mistake: this launcher goes on with the one before[\s\S]*nodepool config-validate/);
    expect(said).toContain('nodepool.json, line 1: providers[0].pools[0].max-servers');
    expect(said).not.toContain('hunter2');
    const answer = await fetch(`${world.web}/ready`);
    expect([answer.status, await answer.text()]).toEqual([200, 'OK']);
    expect(answer.headers.get('warning')).toContain('The changed configuration has a mistake');
    if (process.env['NODEPOOL_SCREENSHOTS'] !== undefined)
      await page.screenshot({ path: `${process.env['NODEPOOL_SCREENSHOTS']}/leases.png`, fullPage: true });
    const metrics = async (): Promise<string> => (await fetch(`${world.web}/metrics`)).text();
    await expect.poll(metrics).toMatch(/^nodepool_launcher_config_mistakes 1$/m);
    await expect.poll(metrics).toMatch(/^nodepool_builder_config_mistakes 1$/m);
    await writeFile(world.configFile, good);
    await expect.poll(() => notice.isHidden()).toBe(true);
    await expect.poll(metrics).toMatch(/^nodepool_launcher_config_mistakes 0$/m);
    await expect.poll(metrics).toMatch(/^nodepool_builder_config_mistakes 0$/m);
    expect((await fetch(`${world.web}/ready`)).headers.get('warning')).toBeNull();
  });

  it('has caused no complaint in the console', () => {
    expect(complaints).toEqual([]);
  });
});
