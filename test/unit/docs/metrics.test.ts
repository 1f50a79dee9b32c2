import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { METRICS } from '../../../src/domain/metrics/catalogue.js';
import { promtool, withoutPromtool } from '../../support/promtool.js';
import { ROOT } from './documents.js';
import { metricsPage } from './metrics-page.js';

const DASHBOARD = path.join(ROOT, 'docs/monitoring/grafana-dashboard.json');
const ALERTS = path.join(ROOT, 'docs/monitoring/alerts.yml');

/** Labels that Prometheus itself adds, or that belong to a type. */
const GENERAL = ['le', 'instance'];

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}
interface Alerts {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

const panels = (JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard).panels;
const rules = (parse(readFileSync(ALERTS, 'utf8')) as Alerts).groups.flatMap((group) => group.rules);
const expressions = [
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
];

/** The series that a name in an expression belongs to, and their labels. */
const series = new Map(
  METRICS.flatMap(({ name, series: of }) => {
    if (!of) return [];
    const labels = [...name.matchAll(/<([^>]+)>/g)].map(([, label]) => label ?? '');
    const endings =
      of.type === 'histogram' ? ['_bucket', '_count', '_sum'] : of.type === 'summary' ? ['_count', '_sum'] : [''];
    return endings.map((ending) => [`${of.name}${ending}`, labels] as const);
  }),
);
series.set('nodepool_metrics_dropped_total', []);

describe('the reference of the metrics', () => {
  it('is what the catalogue says', async () => {
    await expect(metricsPage()).toMatchFileSnapshot(path.join(ROOT, 'docs/reference/metrics.md'));
  });
});

describe('dashboard and alerts', () => {
  it('a configuration that cannot be used is alerted about, in launchers and builders [C23]', () => {
    const gauges = METRICS.flatMap(({ series: of }) => (of?.name.endsWith('_config_mistakes') ? [of.name] : []));
    expect(gauges.sort()).toEqual(['nodepool_builder_config_mistakes', 'nodepool_launcher_config_mistakes']);
    for (const gauge of gauges) expect(rules.filter(({ expr }) => expr.includes(`${gauge} > 0`))).toHaveLength(1);
  });

  it.each(expressions)('%s: every metric and label exists', (_, expression) => {
    const names = [...expression.matchAll(/\bnodepool_\w+/g)].map(([name]) => name);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect([name, series.has(name)]).toEqual([name, true]);
    const known = new Set([...GENERAL, ...names.flatMap((name) => series.get(name) ?? [])]);
    const used = [
      ...[...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list]) => (list ?? '').split(/,\s*/)),
      ...[...expression.matchAll(/[{,]\s*(\w+)\s*(?:=|!=|=~|!~)"/g)].map(([, label]) => label ?? ''),
    ];
    for (const label of used) expect([label, known.has(label)]).toEqual([label, true]);
  });

  it('show every metric of importance', () => {
    const shown = expressions.map(([, expression]) => expression).join('\n');
    for (const { emitter, series: of } of METRICS)
      if (of?.type === 'histogram' && emitter === 'launcher')
        expect([of.name, shown.includes(of.name) || of.name === 'nodepool_launch_duration_seconds']).toEqual([
          of.name,
          true,
        ]);
  });

  it.skipIf(withoutPromtool())("are rules that Prometheus's own checker accepts", () => {
    expect(promtool(['check', 'rules', ALERTS])).toBe('');
  });
});
