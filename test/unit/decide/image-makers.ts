import type { ImageBuild, ImageUpload, StoredBuild, StoredUpload } from '../../../src/domain/model/image.js';

export function aBuild(build: string, change: Partial<ImageBuild> & { readonly image?: string } = {}): StoredBuild {
  const { image = 'image', ...value } = change;
  return {
    image,
    build,
    value: {
      state: 'ready',
      stateTime: 1000,
      builder: 'nb01',
      builderId: 'me',
      formats: ['qcow2'],
      username: 'zuul',
      pythonPath: 'auto',
      shellType: null,
      extra: {},
      ...value,
    },
  };
}

export function anUpload(
  of: { readonly build: string; readonly upload?: string; readonly provider?: string; readonly image?: string },
  change: Partial<ImageUpload> = {},
): StoredUpload {
  return {
    image: of.image ?? 'image',
    build: of.build,
    provider: of.provider ?? 'cloud',
    upload: of.upload ?? '0000000001',
    value: {
      state: 'ready',
      stateTime: 1000,
      externalId: 'id',
      externalName: 'name',
      format: 'qcow2',
      username: 'zuul',
      pythonPath: 'auto',
      shellType: null,
      extra: {},
      ...change,
    },
  };
}
