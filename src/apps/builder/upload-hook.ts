import type { ProcessRunner } from '../../ports/runtime/process-runner.js';
import type { Logger } from '../../ports/telemetry/logger.js';

/** The hook ended with another code than 0, or not by itself. */
export class UploadHookError extends Error {
  readonly code = 'NP_UPLOAD_HOOK';
  override readonly name = 'UploadHookError';
}

/** Output kept for the log, bytes. */
const OUTPUT_KEPT = 16_384;

export interface HookCall {
  readonly hook: string;
  readonly provider: string;
  readonly externalId: string;
  readonly file: string;
}

/** Runs the provider's `post-upload-hook` with provider, external id and file (spec BUILDER 2.9.4). @throws UploadHookError */
export async function runUploadHook(
  call: HookCall,
  tools: {
    readonly processes: ProcessRunner;
    readonly environment: Readonly<Record<string, string>>;
    readonly logger: Logger;
  },
  signal: AbortSignal,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  let kept = 0;
  const outcome = await tools.processes.run(
    {
      argv: [call.hook, call.provider, call.externalId, call.file],
      env: tools.environment,
      onOutput: (chunk) => {
        if (kept >= OUTPUT_KEPT) return;
        chunks.push(chunk.slice(0, OUTPUT_KEPT - kept));
        kept += chunk.length;
      },
    },
    signal,
  );
  const decoder = new TextDecoder();
  const output = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
  tools.logger.info('The post-upload hook has run', { hook: call.hook, outcome, output });
  if (outcome.kind === 'exited' && outcome.code === 0) return;
  throw new UploadHookError(`the post-upload hook ${call.hook} failed: ${JSON.stringify(outcome)}`);
}
