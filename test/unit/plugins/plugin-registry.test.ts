import { statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../../src/adapters/system/system-clock.js';
import { PluginRegistry } from '../../../src/apps/plugins/plugin-registry.js';
import { driverCode, folderWith, PACKAGE } from './plugin-files.js';
import { put } from '../../support/folders.js';

function registry(installation = '/nowhere'): PluginRegistry {
  return new PluginRegistry({ clock: new SystemClock(), installation });
}

const none = (): void => undefined;

async function problemOf(files: Readonly<Record<string, string>>, module: string | null = null): Promise<string> {
  const load = await registry().load('acme', module, folderWith(files));
  if (load.kind !== 'unusable') throw new Error(`not unusable: ${load.kind}`);
  return `${load.problem}; ${load.hint}`;
}

const inPackage = (code: string): Readonly<Record<string, string>> => ({
  'node_modules/nodepool-driver-acme/package.json': PACKAGE('nodepool-driver-acme'),
  'node_modules/nodepool-driver-acme/driver.js': code,
});

describe('a driver from outside', () => {
  it('is found as a package beside the configuration, or above it', async () => {
    const folder = folderWith(inPackage(driverCode('acme')));
    put(folder, { 'etc/deep/x': '' });
    for (const from of [folder, path.join(folder, 'etc/deep')]) {
      const load = await registry().load('acme', null, from);
      expect(load).toMatchObject({ kind: 'loaded', loaded: { source: 'nodepool-driver-acme 1.2.3' } });
    }
  });

  it('is found beside the installation of Nodepool', async () => {
    const folder = folderWith(inPackage(driverCode('acme')));
    const found = await registry(path.join(folder, 'node_modules/nodepool')).load('acme', null, '/');
    expect(found.kind).toBe('loaded');
  });

  it.each([
    ['a file', './mine/driver.mjs'],
    ['a folder', './mine'],
    ['a package of another name', '@acme/cloud'],
  ])('is found by its module: %s', async (_what, module) => {
    const folder = folderWith({
      'mine/driver.mjs': driverCode('acme'),
      'mine/package.json': JSON.stringify({ name: 'mine', main: 'driver.mjs' }),
      'node_modules/@acme/cloud/package.json': JSON.stringify({
        name: '@acme/cloud',
        exports: { '.': { types: './t.d.ts', import: './driver.mjs' }, './more': './more.js' },
      }),
      'node_modules/@acme/cloud/driver.mjs': driverCode('acme'),
    });
    expect((await registry().load('acme', module, folder)).kind).toBe('loaded');
  });

  it('may be a CommonJS module', async () => {
    const code = driverCode('acme').replace('export default', 'module.exports =');
    const folder = folderWith({ 'driver.cjs': code });
    expect((await registry().load('acme', './driver.cjs', folder)).kind).toBe('loaded');
  });

  it('that is not installed is unknown', async () => {
    const watched: string[] = [];
    const folder = folderWith({});
    const finding = await registry().find('acme', null, folder, (file) => watched.push(file));
    expect(finding).toEqual({ kind: 'unknown', searched: 'nodepool-driver-acme' });
    expect(watched).toContain(path.join(folder, 'node_modules/nodepool-driver-acme/package.json'));
  });

  it.each([
    ['is missing', {}, './nothing.mjs', /^the driver module \.\/nothing\.mjs is not there; paths go from the folder/],
    ['is a package that is missing', {}, 'acme-cloud', /acme-cloud is not there; npm install acme-cloud in \//],
    ['does not parse', inPackage('export default {'), null, /cannot be loaded: SyntaxError: /],
    ['throws', inPackage('throw new Error("no luck\\nat all")'), null, /cannot be loaded: Error: no luck; /],
    ['throws no error', inPackage('throw "secret"'), null, /cannot be loaded: it threw string; /],
    ['needs what is not there', inPackage('import "left-pad"'), null, /cannot be loaded: Error: Cannot find package/],
    ['exports no driver', inPackage('export const x = 1'), null, /does not export a driver; a driver is an object/],
    [
      'is of a later API',
      inPackage(driverCode('acme', "apiVersion: '2.0',")),
      null,
      /API 2\.0, this Nodepool has 1\.2; update/,
    ],
    [
      'is of a newer minor',
      inPackage(driverCode('acme', "apiVersion: '1.7',")),
      null,
      /API 1\.7, this .*; update Nodepool/,
    ],
    ['is of an older API', inPackage(driverCode('acme', "apiVersion: '0.9',")), null, /API 0\.9, .*; install a newer/],
    [
      'has no API version',
      inPackage(driverCode('acme', 'apiVersion: undefined,')),
      null,
      /does not say which driver API/,
    ],
    ['is another driver', inPackage(driverCode('other')), null, /is the driver other; write driver: other/],
    ['has no capabilities', inPackage(driverCode('acme', 'capabilities: {},')), null, /do not say images, quota/],
    [
      'has no createProvider',
      inPackage(driverCode('acme', 'createProvider: 1,')),
      null,
      /createProvider is no function/,
    ],
    [
      'describes an unknown kind of key',
      inPackage(driverCode('acme', "configSchema: { pool: { x: { kind: 'colour', about: 'x' } } },")),
      null,
      /configSchema\.pool\.x: kind is one of text, integer/,
    ],
    [
      'describes a key that all have',
      inPackage(driverCode('acme', "configSchema: { label: { diskimage: { kind: 'text', about: 'x' } } },")),
      null,
      /configSchema\.label\.diskimage: all providers have this key/,
    ],
    [
      'has a default that does not fit',
      inPackage(driverCode('acme', "configSchema: { label: { n: { kind: 'integer', about: 'x', default: 'a' } } },")),
      null,
      /configSchema\.label\.n: default: expected int/,
    ],
    [
      'has a broken package.json',
      { 'node_modules/nodepool-driver-acme/package.json': '{' },
      null,
      /is broken: its package\.json cannot be read; install it again/,
    ],
    [
      'has no entry',
      { 'node_modules/nodepool-driver-acme/package.json': PACKAGE('nodepool-driver-acme') },
      null,
      /is broken: its entry \.\/driver\.js is not there/,
    ],
  ])('that %s is refused with one clear line', async (_what, files, module, expected) => {
    const text = await problemOf(files, module);
    expect(text).toMatch(expected);
    expect(text).not.toMatch(/\n|\bat .*:\d+:\d+/);
  });

  it('that never finishes loading is given up', async () => {
    const clock = {
      now: () => 0,
      monotonic: () => 0,
      schedule: (_: number, run: () => void) => (setTimeout(run, 5), none),
    };
    const slow = new PluginRegistry({ clock, installation: '/', importModule: () => new Promise(none) });
    const load = await slow.load('acme', null, folderWith(inPackage('')));
    expect(load).toMatchObject({
      kind: 'unusable',
      problem: expect.stringMatching(/took longer than 30 s/) as unknown,
    });
  });

  it('that was mended is loaded anew; one that was loaded stays', async () => {
    const plugins = registry();
    const folder = folderWith(inPackage('throw new Error("broken")'));
    expect((await plugins.load('acme', null, folder)).kind).toBe('unusable');
    expect(plugins.driver('acme')).toBeUndefined();
    put(folder, inPackage(driverCode('acme')));
    const file = path.join(folder, 'node_modules/nodepool-driver-acme/driver.js');
    utimesSync(file, new Date(), new Date(statSync(file).mtimeMs + 5000));
    expect((await plugins.load('acme', null, folder)).kind).toBe('loaded');
    put(folder, inPackage('throw new Error("broken again")'));
    expect((await plugins.load('acme', null, folder)).kind).toBe('loaded');
    expect(plugins.driver('acme')?.name).toBe('acme');
    expect(plugins.driver('acme')).toBe(plugins.driver('acme'));
  });

  it('cannot be two modules at once', async () => {
    const plugins = registry();
    const folder = folderWith({ 'a.mjs': driverCode('acme'), 'b.mjs': driverCode('acme') });
    await plugins.load('acme', './a.mjs', folder);
    expect(await plugins.load('acme', './b.mjs', folder)).toMatchObject({
      kind: 'unusable',
      problem: expect.stringMatching(/is not used: driver acme is .*a\.mjs already/) as unknown,
    });
  });

  it('is listed when it is installed', () => {
    const folder = folderWith({ ...inPackage(''), 'node_modules/nodepool-driver-zoo/package.json': '{}' });
    expect(registry().installed(folder)).toEqual(['acme', 'zoo']);
  });
});
