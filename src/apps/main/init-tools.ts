import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InitOrder } from '../../adapters/cli/session.js';
import { HostSurvey } from '../../adapters/host-survey/host-survey.js';
import { NodeProcessRunner } from '../../adapters/system/node-process-runner.js';
import type { SetupKind } from '../../domain/setup/findings.js';
import { chooseKind, SETUP_KINDS } from '../../domain/setup/findings.js';
import { firstConfiguration, firstSecureFile } from '../../domain/setup/first-configuration.js';

const INSTALLATION = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** `nodepool init`: a first configuration for what is here. @throws Error when a file is there already, or cannot be written */
export async function initialize(
  order: InitOrder,
  environment: Readonly<Record<string, string>>,
  print: (line: string) => void,
): Promise<void> {
  const config = path.resolve(order.configPath ?? 'nodepool.yaml');
  const folder = path.dirname(config);
  const secure = path.resolve(order.securePath ?? path.join(folder, 'secure.yaml'));
  for (const file of [config, secure]) await ensureMissing(file);
  const findings = await new HostSurvey(new NodeProcessRunner(), environment, INSTALLATION).findings();
  const kind = SETUP_KINDS.find((one) => one === order.kind) ?? chooseKind(findings);
  const places = {
    images: path.join(folder, 'images'),
    logs: path.join(folder, 'logs'),
    store: path.join(folder, 'store'),
  };
  for (const place of [folder, ...Object.values(places)]) await mkdir(place, { recursive: true });
  const token = `np_${randomBytes(32).toString('base64url')}`;
  const sha256 = createHash('sha256').update(token).digest('hex');
  await writeFile(secure, firstSecureFile(findings.user, sha256), { flag: 'wx', mode: 0o600 });
  await writeFile(config, firstConfiguration(kind, findings, places), { flag: 'wx' });
  report(kind, config, secure, token, print);
}

function report(kind: SetupKind, config: string, secure: string, token: string, print: (line: string) => void): void {
  print(`Wrote ${config} (driver ${kind}) and ${secure} (mode 0600).`);
  print(`Your token, shown this once: ${token}`);
  print(`Start:  nodepool-standalone -d -c ${config} -s ${secure}`);
}

async function ensureMissing(file: string): Promise<void> {
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (there) throw new Error(`${file} is there already; nothing was written`);
}
