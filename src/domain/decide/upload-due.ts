/** Should the newest build of an image be uploaded to a provider now (spec BUILDER 2.9.1)? Older builds never are. */
import type { ProviderConfig, ProviderImageConfig } from '../config/config.js';
import type { Decision, Reason } from '../explain/reason.js';
import type { StoredBuild, StoredUpload } from '../model/image.js';
import { holdsBack } from './build-backoff.js';
import type { Backoff } from './build-backoff.js';

export interface UploadDueInput {
  readonly provider: Pick<ProviderConfig, 'name' | 'imageFormat'>;
  readonly image: Pick<ProviderImageConfig, 'name' | 'pause'>;
  /** The newest ready build of the image, by any builder. */
  readonly newest: StoredBuild | undefined;
  /** Uploads of that build to that provider. */
  readonly uploads: readonly StoredUpload[];
  /** Formats of that build in this builder's directory; null = not looked yet, which counts as there. */
  readonly localFormats: readonly string[] | null;
  /** Why the provider cannot be used, or null when it can. */
  readonly problem: string | null;
  readonly backoff: Backoff | undefined;
  readonly now: number;
}

export interface UploadDecision extends Decision<'upload' | 'wait'> {
  readonly again: number;
}

export function uploadDue(input: UploadDueInput): UploadDecision {
  const { image, provider, newest } = input;
  if (image.pause) return wait({ code: 'PROVIDER_PAUSED', provider: provider.name, image: image.name });
  if (!newest) return wait({ code: 'NO_READY_BUILD', image: image.name });
  const blocked = blockedBy(input, newest);
  if (blocked) return wait(blocked);
  const due: Reason = { code: 'UPLOAD_MISSING', provider: provider.name, image: image.name, build: newest.build };
  if (input.problem !== null) {
    return wait({ code: 'PROVIDER_NOT_READY', provider: provider.name, problem: input.problem }, due);
  }
  if (holdsBack(input.backoff, input.now)) {
    const { until, failures, problem } = input.backoff;
    const subject = `${image.name} in ${provider.name}`;
    return { ...wait({ code: 'BACKOFF', subject, until, failures, problem }, due), again: until };
  }
  return { verdict: 'upload', because: [due], again: Infinity };
}

function blockedBy(
  { image, provider, uploads, localFormats }: UploadDueInput,
  newest: StoredBuild,
): Reason | undefined {
  const ready = uploads.find((upload) => upload.value.state === 'ready');
  if (ready) return { code: 'UPLOAD_EXISTS', provider: provider.name, build: newest.build, upload: ready.upload };
  const format = provider.imageFormat;
  if (!newest.value.formats.includes(format)) {
    return { code: 'FORMAT_MISSING', image: image.name, build: newest.build, formats: [format] };
  }
  if (localFormats !== null && !localFormats.includes(format)) {
    return { code: 'NO_LOCAL_FILES', image: image.name, build: newest.build };
  }
  return undefined;
}

function wait(...because: Reason[]): UploadDecision {
  return { verdict: 'wait', because, again: Infinity };
}
