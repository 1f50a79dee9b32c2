import { describe, expect, it } from 'vitest';
import {
  dibArgv,
  dibEnvironment,
  displayCommand,
  EmptyCommandError,
} from '../../../src/adapters/diskimage-builder/dib-command.js';
import { shellWords, UnbalancedQuotesError } from '../../../src/adapters/diskimage-builder/shell-words.js';
import type { DiskImageConfig } from '../../../src/domain/config/config.js';
import type { BuildJob } from '../../../src/ports/image-building/image-builder.js';
import { aDiskImage } from '../../support/builders.js';

function job(image: Partial<DiskImageConfig>, change: Partial<BuildJob> = {}): BuildJob {
  return {
    image: aDiskImage({ name: 'fake-image', elements: ['fedora', 'vm'], ...image }),
    buildId: '0000000001',
    imagesDir: '/opt/nodepool/images',
    elementsDir: '/etc/nodepool/elements',
    logFile: '/x.log',
    ...change,
  };
}

describe('the command line of a build', () => {
  it('is the documented one [BUILDER 54]', () => {
    const expected =
      'disk-image-create -x -t qcow2 --checksum --no-tmpfs --qemu-img-options compat=0.10 ' +
      '-o /opt/nodepool/images/fake-image-0000000001 fedora vm';
    expect(dibArgv(job({}), '/p').join(' ')).toBe(expected);
    expect(displayCommand(dibArgv(job({}), '/p'))).toBe(expected.replace('compat=0.10', "'compat=0.10'"));
  });

  it('has no qemu-img options without qcow2, and formats sorted [BUILDER 54]', () => {
    const argv = dibArgv(job({ formats: ['vhd', 'raw'] }), '/p');
    expect(argv).not.toContain('--qemu-img-options');
    expect(argv[argv.indexOf('-t') + 1]).toBe('raw,vhd');
  });

  it('keeps a directory with blanks together, and takes elements apart', () => {
    const argv = dibArgv(job({ elements: ['a b', 'c'] }, { imagesDir: '/my images' }), '/p');
    expect(argv.slice(-4)).toEqual(['/my images/fake-image-0000000001', 'a', 'b', 'c']);
    expect(dibArgv(job({ elements: [] }), '/p').at(-1)).toBe('/opt/nodepool/images/fake-image-0000000001');
  });

  it('splits dib-cmd into words, and knows %p [BUILDER 57]', () => {
    const argv = dibArgv(job({ dibCmd: `%p/run --opt 'two words' "a \\"b\\""` }), '/prog');
    expect(argv.slice(0, 5)).toEqual(['/prog/run', '--opt', 'two words', 'a "b"', '-x']);
    expect(() => dibArgv(job({ dibCmd: ' ' }), '/p')).toThrow(EmptyCommandError);
  });

  it('quotes for display what a shell would take apart', () => {
    expect(displayCommand(['a', "it's here", ''])).toBe(`a 'it'\\''s here' ''`);
  });
});

describe('words', () => {
  it.each([
    ['', []],
    ['  a\tb\nc ', ['a', 'b', 'c']],
    [`a'b c'd`, ['ab cd']],
    [`""`, ['']],
    [`'' x`, ['', 'x']],
    [`a\\ b`, ['a b']],
    [`"\\n \\\\ \\""`, ['\\n \\ "']],
    [`'\\'`, ['\\']],
  ])('of %j are %j', (text, words) => expect(shellWords(text)).toEqual(words));

  it.each([`'a`, `"a`, 'a\\', `"a\\"`])('cannot be made of %s', (text) => {
    expect(() => shellWords(text)).toThrow(UnbalancedQuotesError);
  });
});

describe('the environment of a build', () => {
  it('has what diskimage-builder needs, and env-vars override it [BUILDER 55]', () => {
    expect(dibEnvironment(job({ release: '21' }), { PATH: '/bin' })).toEqual({
      PATH: '/bin',
      DIB_RELEASE: '21',
      DIB_IMAGE_NAME: 'fake-image',
      DIB_IMAGE_FILENAME: '/opt/nodepool/images/fake-image-0000000001',
      ELEMENTS_PATH: '/etc/nodepool/elements',
    });
    const envVars = { DIB_RELEASE: '22', PATH: '/sbin', TMPDIR: '/opt/dib_tmp' };
    expect(dibEnvironment(job({ envVars }, { elementsDir: null }), { PATH: '/bin' })).toEqual({
      PATH: '/sbin',
      DIB_RELEASE: '22',
      DIB_IMAGE_NAME: 'fake-image',
      DIB_IMAGE_FILENAME: '/opt/nodepool/images/fake-image-0000000001',
      TMPDIR: '/opt/dib_tmp',
    });
  });
});
