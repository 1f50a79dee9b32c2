/** What a label cannot say together [K6]. */
import type { SectionCheck, SectionProblem } from 'nodepool/driver';

/** May stand beside `spec`. */
const BESIDE_SPEC = new Set(['type', 'spec', 'labels', 'dynamic-labels', 'annotations']);

/** @param types of labels; null: pods only, and labels do not say it */
export function labelCheck(types: readonly string[] | null): SectionCheck {
  return (values) => labelProblems(values, types === null || values['type'] === 'pod');
}

function labelProblems(values: Readonly<Record<string, unknown>>, isPod: boolean): readonly SectionProblem[] {
  const { spec, image, env, gpu, 'gpu-resource': gpuResource } = values;
  const problems: SectionProblem[] = [];
  if (spec !== undefined) {
    for (const key of Object.keys(values).filter((name) => !BESIDE_SPEC.has(name))) {
      problems.push({ key, problem: 'cannot stand beside spec', mend: 'say it in spec, or do without spec' });
    }
  } else if (isPod && image === undefined) {
    problems.push({ key: 'image', problem: 'required key not provided', mend: 'a pod needs an image, or a spec' });
  }
  if (gpu !== undefined && gpuResource === undefined) {
    problems.push({ key: 'gpu', problem: 'has no gpu-resource beside it', mend: 'add it, e.g. nvidia.com/gpu' });
  }
  return [...problems, ...variableProblems(env)];
}

function variableProblems(env: unknown): readonly SectionProblem[] {
  if (!Array.isArray(env)) return [];
  const wrong = env.filter((entry: Readonly<Record<string, unknown>>) => !isVariable(entry)).length;
  if (wrong === 0) return [];
  return [
    {
      key: 'env',
      problem: `${wrong} of its entries are no variables`,
      mend: 'each has a name and a value, both texts',
    },
  ];
}

function isVariable({ name, value, ...more }: Readonly<Record<string, unknown>>): boolean {
  return typeof name === 'string' && name !== '' && typeof value === 'string' && Object.keys(more).length === 0;
}
