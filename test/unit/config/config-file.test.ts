import { mkdir, mkdtemp, rm, writeFile, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigFile } from '../../../src/adapters/config-yaml/config-file.js';
import { RecordingFiles, SystemConfigFiles } from '../../../src/adapters/config-yaml/config-files.js';
import { configDifference } from '../../../src/domain/config/config-difference.js';
import type { NodepoolConfig } from '../../../src/domain/config/config.js';
import { ConfigError } from '../../../src/domain/config/config-problem.js';
import { cloudProvider, configuration, withProvider } from './configs.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { AUTH, MAIN, optionsFor, SECURE } from './config-harness.js';

interface Opened {
  readonly source: ConfigFile;
  readonly files: ReturnType<typeof optionsFor>['files'];
  readonly logger: MemoryLogger;
  readonly changes: NodepoolConfig[];
}

async function open(yaml: string, secure?: string): Promise<Opened> {
  const options = optionsFor(yaml, secure === undefined ? {} : { secure });
  const logger = new MemoryLogger();
  const source = await ConfigFile.open(options, logger);
  const changes: NodepoolConfig[] = [];
  source.onChange((config) => changes.push(config));
  return { source, files: options.files, logger, changes };
}

describe('a configuration file in use', () => {
  it('refuses to start with a broken file', async () => {
    await expect(open('labels: [')).rejects.toBeInstanceOf(ConfigError);
  });

  it('reads nothing while the file is unchanged', async () => {
    const { source, files, changes } = await open(configuration());
    const before = source.current;
    const reads = files.reads.length;
    expect(await source.reload()).toBe(before);
    expect(files.reads).toHaveLength(reads);
    expect(changes).toEqual([]);
  });

  it('[LAUNCHER 122] a file that was touched but says the same changes nothing', async () => {
    const { source, files, changes } = await open(configuration());
    const before = source.current;
    files.write(MAIN, configuration());
    expect(await source.reload()).toBe(before);
    expect(changes).toEqual([]);
  });

  it('[BUILDER 28] a provider that was added comes into force without restart', async () => {
    const { source, files, changes } = await open(configuration());
    const before = source.current;
    files.write(MAIN, configuration({ providers: [cloudProvider(), cloudProvider({ name: 'two' })] }));
    await source.reload();
    expect([...source.current.providers.keys()]).toEqual(['one', 'two']);
    expect(source.current.providers.get('two')?.diskImages.has('debian')).toBe(true);
    expect(changes).toEqual([source.current]);
    expect(configDifference(before, source.current)).toEqual([{ kind: 'provider-added', provider: 'two' }]);
  });

  it('[BUILDER 30] [LAUNCHER 124] a broken file is reported once, the old configuration stays, recovery follows', async () => {
    const { source, files, logger, changes } = await open(configuration());
    const before = source.current;
    files.write(MAIN, 'labels: [');
    expect(await source.reload()).toBe(before);
    expect(await source.reload()).toBe(before);
    files.write(MAIN, 'labels: [');
    expect(await source.reload()).toBe(before);
    expect(logger.messages('error')).toHaveLength(1);
    files.write(MAIN, 'labels: {');
    await source.reload();
    files.write(MAIN, 'labels: 3');
    await source.reload();
    expect(logger.messages('error').length).toBeGreaterThan(1);
    files.write(MAIN, configuration({ 'max-hold-age': 5 }));
    await source.reload();
    expect(source.current.maxHoldAge).toBe(5);
    expect(changes).toHaveLength(1);
    expect(logger.messages('info')).toContain('The configuration is valid again');
  });

  it('[C23] says for which mistakes a changed file is not in force, until it is', async () => {
    const { source, files } = await open(configuration(), '');
    expect(source.mistakes).toEqual([]);
    files.write(MAIN, configuration({ 'max-hold-age': 'long', 'max-ready-agee': 3 }));
    await source.reload();
    await source.reload();
    expect(source.mistakes.map(({ line, keyPath }) => [line === null, keyPath])).toEqual([[false, 'max-hold-age']]);
    files.remove(MAIN);
    await source.reload();
    expect(source.mistakes).toHaveLength(1);
    files.write(MAIN, configuration());
    await source.reload();
    expect(source.mistakes).toEqual([]);
    files.write(SECURE, 'diskimages: [');
    await source.reload();
    expect(source.mistakes.map(({ file }) => file)).toEqual([SECURE]);
    files.write(SECURE, '');
    await source.reload();
    expect(source.mistakes).toEqual([]);
  });

  it('[LAUNCHER 124] a file that vanished is reported and comes back', async () => {
    const { source, files, logger } = await open(configuration());
    const before = source.current;
    files.remove(MAIN);
    expect(await source.reload()).toBe(before);
    expect(logger.messages('error')).toHaveLength(1);
    files.write(MAIN, configuration());
    await source.reload();
    expect(logger.messages('info')).toEqual(['The configuration is valid again']);
  });

  it('[BUILDER 31] an unchanged provider has the same value after a reload, another rate makes another one', async () => {
    const { source, files } = await open(configuration());
    const before = source.current;
    files.write(MAIN, configuration({ 'max-hold-age': 9 }));
    await source.reload();
    expect(configDifference(before, source.current)).toEqual([{ kind: 'max-hold-age-changed' }]);
    const between = source.current;
    files.write(MAIN, withProvider({ rate: 0.25 }, { 'max-hold-age': 9 }));
    await source.reload();
    expect(configDifference(between, source.current)).toEqual([{ kind: 'provider-changed', provider: 'one' }]);
  });

  it('follows the secure file and clouds.yaml', async () => {
    const { source, files } = await open(configuration(), '');
    files.write(SECURE, 'diskimages: [{name: debian, env-vars: {A: hidden}}]');
    await source.reload();
    expect(source.current.diskImages.get('debian')?.envVars).toEqual({ A: 'hidden' });
    files.write('/etc/openstack/clouds.yaml', `clouds: {one: {${AUTH}, image_format: raw}}`);
    await source.reload();
    expect(source.current.diskImages.get('debian')?.formats).toEqual(['raw']);
    files.write('/home/someone/.config/openstack/clouds.yaml', `clouds: {one: {${AUTH}, image_format: vhd}}`);
    await source.reload();
    expect(source.current.diskImages.get('debian')?.formats).toEqual(['vhd']);
  });

  it('logs effects by name, never values', async () => {
    const { source, files, logger } = await open(configuration(), '');
    files.write(SECURE, 'diskimages: [{name: debian, env-vars: {A: hunter2}}]');
    await source.reload();
    expect(JSON.stringify(logger.lines)).not.toContain('hunter2');
    expect(JSON.stringify(logger.lines)).toContain('image-changed');
  });

  it('reports warnings once', async () => {
    const { source, files, logger } = await open('foo: 1');
    expect(logger.messages('warn')).toHaveLength(1);
    files.write(MAIN, 'foo: 1\nmax-hold-age: 3');
    await source.reload();
    expect(logger.messages('warn')).toHaveLength(1);
  });

  it('callers at the same time share one look; a listener that throws does not stop the others', async () => {
    const { source, files, logger } = await open('{}');
    const seen: number[] = [];
    source.onChange(() => {
      throw new Error('listener');
    });
    const unsubscribe = source.onChange((config) => seen.push(config.maxHoldAge));
    files.write(MAIN, 'max-hold-age: 3');
    await Promise.all([source.reload(), source.reload()]);
    expect(seen).toEqual([3]);
    expect(logger.messages('error')).toHaveLength(1);
    unsubscribe();
    files.write(MAIN, 'max-hold-age: 4');
    await source.reload();
    expect(seen).toEqual([3]);
  });
});

describe('files of the system', () => {
  const directories: string[] = [];
  afterEach(async () => {
    for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
  });

  async function temporaryFile(text: string): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'config-'));
    directories.push(directory);
    const path = join(directory, MAIN);
    await writeFile(path, text);
    return path;
  }

  it('a stamp changes with time, with size, and when the file goes', async () => {
    const files = new SystemConfigFiles();
    const path = await temporaryFile('a: 1');
    const first = await files.stamp(path);
    expect(await files.stamp(path)).toBe(first);
    await utimes(path, 1, 1);
    const second = await files.stamp(path);
    expect(second).not.toBe(first);
    await writeFile(path, 'a: 12');
    await utimes(path, 1, 1);
    expect(await files.stamp(path)).not.toBe(second);
    await rm(path);
    expect(await files.stamp(path)).toBeNull();
  });

  it('a file that comes with its folder is noticed, and until then the folder is asked for alone', async () => {
    const system = new SystemConfigFiles();
    const asked: string[] = [];
    const files = new RecordingFiles({
      read: (path) => system.read(path),
      stamp: (path) => (asked.push(path), system.stamp(path)),
    });
    const main = await temporaryFile('a: 1');
    const folder = join(dirname(main), 'openstack');
    const absent = ['clouds.yaml', 'clouds.yml', 'secure.yaml'].map((name) => join(folder, name));
    await files.read(main);
    for (const path of absent) await expect(files.read(path)).rejects.toMatchObject({ code: 'ENOENT' });
    asked.length = 0;
    expect(await files.changed()).toBe(false);
    expect(asked.sort()).toEqual([main, folder]);
    await mkdir(folder);
    expect(await files.changed()).toBe(false);
    await writeFile(absent[1] ?? '', 'clouds: {}');
    expect(await files.changed()).toBe(true);
  });

  it('reads text and says why it cannot', async () => {
    const files = new SystemConfigFiles();
    const path = await temporaryFile('größe: 1');
    expect(await files.read(path)).toBe('größe: 1');
    await expect(files.read(join(path, 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
