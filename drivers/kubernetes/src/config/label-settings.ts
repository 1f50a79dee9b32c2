import type { PoolConfig, PoolLabelConfig } from 'nodepool/driver';

/** What a label says, with the pool's defaults filled in [K5, K7]. */
export interface LabelSettings {
  readonly type: string;
  readonly image: string | undefined;
  readonly imagePull: string;
  readonly imagePullSecrets: readonly unknown[];
  readonly requests: Amounts;
  readonly limits: Amounts;
  readonly gpu: number | undefined;
  readonly gpuResource: string | undefined;
  readonly extraResources: Readonly<Record<string, number>>;
  readonly env: readonly unknown[];
  readonly nodeSelector: Readonly<Record<string, string>> | undefined;
  readonly schedulerName: string | undefined;
  readonly privileged: boolean | undefined;
  readonly volumes: readonly unknown[] | undefined;
  readonly volumeMounts: readonly unknown[] | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>> | undefined;
  readonly pythonPath: string;
  readonly shellType: string | null;
}

/** Cores, MiB and MB; what is 0 is not asked for, as in the original. */
export interface Amounts {
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
  readonly storage: number | undefined;
}

const KINDS = ['cpu', 'memory', 'storage'] as const;

export function labelSettings(
  pool: Pick<PoolConfig, 'settings'>,
  label: Pick<PoolLabelConfig, 'settings'>,
): LabelSettings {
  const own = <T>(key: string): T | undefined => label.settings[key] as T | undefined;
  const shared = <T>(key: string): T | undefined => pool.settings[`default-label-${key}`] as T | undefined;
  const requests = amounts((kind) => own(kind) ?? shared(kind));
  return {
    type: own('type') ?? 'pod',
    image: own('image'),
    imagePull: own('image-pull') ?? 'IfNotPresent',
    imagePullSecrets: own('image-pull-secrets') ?? [],
    requests,
    limits: amounts((kind) => own(`${kind}-limit`) ?? shared(`${kind}-limit`) ?? requests[kind]),
    gpu: own('gpu'),
    gpuResource: own('gpu-resource'),
    extraResources: { ...shared<Readonly<Record<string, number>>>('extra-resources'), ...own('extra-resources') },
    env: own('env') ?? [],
    nodeSelector: own('node-selector'),
    schedulerName: own('scheduler-name'),
    privileged: own('privileged'),
    volumes: own('volumes'),
    volumeMounts: own('volume-mounts'),
    annotations: own('annotations') ?? {},
    spec: own('spec'),
    pythonPath: own('python-path') ?? 'auto',
    shellType: own('shell-type') ?? null,
  };
}

function amounts(of: (kind: keyof Amounts) => number | undefined): Amounts {
  const [cpu, memory, storage] = KINDS.map(of);
  return { cpu, memory, storage };
}
