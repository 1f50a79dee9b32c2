import { describe, expect, it } from 'vitest';
import { backoffAfterFailure } from '../../../src/domain/decide/build-backoff.js';
import { uploadDue } from '../../../src/domain/decide/upload-due.js';
import type { UploadDueInput } from '../../../src/domain/decide/upload-due.js';
import {
  cloudImageName,
  cloudImageProperties,
  ImageNameFormatError,
} from '../../../src/domain/decide/upload-naming.js';
import { aBuild, anUpload } from './image-makers.js';

function decide(change: Partial<UploadDueInput> = {}): ReturnType<typeof uploadDue> {
  return uploadDue({
    provider: { name: 'cloud', imageFormat: 'qcow2' },
    image: { name: 'image', pause: false },
    newest: aBuild('a'),
    uploads: [],
    localFormats: ['qcow2'],
    problem: null,
    backoff: undefined,
    now: 1000,
    ...change,
  });
}

function first(change: Partial<UploadDueInput>): string | undefined {
  const decision = decide(change);
  expect(decision.verdict).toBe('wait');
  return decision.because[0]?.code;
}

describe('when a build is uploaded', () => {
  it('uploads a build that lies here and is not in the cloud [BUILDER 76]', () => {
    const decision = decide({ uploads: [anUpload({ build: 'a' }, { state: 'failed' })] });
    expect(decision.verdict).toBe('upload');
    expect(decision.because).toEqual([{ code: 'UPLOAD_MISSING', provider: 'cloud', image: 'image', build: 'a' }]);
  });

  it('says why not', () => {
    expect(first({ newest: undefined })).toBe('NO_READY_BUILD');
    expect(first({ localFormats: [] })).toBe('NO_LOCAL_FILES'); // [BUILDER 78]
    expect(first({ image: { name: 'image', pause: true } })).toBe('PROVIDER_PAUSED'); // [BUILDER 79]
    expect(first({ uploads: [anUpload({ build: 'a' })] })).toBe('UPLOAD_EXISTS'); // [BUILDER 80]
    expect(first({ provider: { name: 'cloud', imageFormat: 'vhd' } })).toBe('FORMAT_MISSING'); // [BUILDER 81]
    expect(first({ problem: 'no password' })).toBe('PROVIDER_NOT_READY');
  });

  it('takes files not looked for yet as there', () => {
    expect(decide({ localFormats: null }).verdict).toBe('upload');
  });

  it('waits out the back-off', () => {
    const backoff = backoffAfterFailure(undefined, { now: 999, base: 10, problem: '500' });
    expect(decide({ backoff })).toMatchObject({ verdict: 'wait', again: 1009 });
    expect(decide({ backoff, now: 1009 }).verdict).toBe('upload');
  });
});

describe('what an upload is called', () => {
  const key = { image: 'image', build: 'b1', provider: 'cloud', upload: '0000000007' };

  it('has whole seconds as time stamp, and a format of its own [BUILDER 82]', () => {
    expect(cloudImageName('{image_name}-{timestamp}', key, 1234.9)).toBe('image-1234');
    expect(cloudImageName('ci/{image_name}.{upload_id}{{x}}', key, 1)).toBe('ci/image.0000000007{x}');
  });

  it.each(['{nonsense}', '{image_name', 'a}b', '{}'])('refuses %s', (format) => {
    expect(() => cloudImageName(format, key, 1)).toThrow(ImageNameFormatError);
  });

  it('has the metadata, the provider’s meta over it, and our own keys over both [BUILDER 83, 84]', () => {
    const image = { metadata: { a: 'image', b: 'image', nodepool_build_id: 'forged' } };
    expect(cloudImageProperties(image, { meta: { b: 'provider', nodepool_upload_id: 'forged' } }, key, 'us')).toEqual({
      a: 'image',
      b: 'provider',
      nodepool_build_id: 'b1',
      nodepool_upload_id: '0000000007',
      nodepool_provider_name: 'cloud',
      nodepool_installation_id: 'us',
    });
    expect(cloudImageProperties({ metadata: {} }, { meta: {} }, key, null)).not.toHaveProperty(
      'nodepool_installation_id',
    );
  });
});
