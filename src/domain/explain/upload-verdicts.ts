import { uploadOf } from '../metrics/lease-metrics.js';
import type { NodeLease } from '../model/lease.js';
import type { UploadVerdicts } from './explanation.js';

/** How holders fared with nodes made from one upload, by label: what leases said when they were given back. */
export function uploadVerdicts(
  leases: Iterable<NodeLease>,
  key: { readonly image: string; readonly build: string; readonly provider: string; readonly upload: string },
): readonly UploadVerdicts[] {
  const byLabel = new Map<string, { ok: number; failed: number; broken: number }>();
  for (const { verdict, nodes } of leases) {
    if (verdict === null) continue;
    for (const { imageId, label } of nodes) {
      const upload = uploadOf(imageId);
      if (upload?.upload !== key.upload || upload.build !== key.build) continue;
      if (upload.image !== key.image || upload.provider !== key.provider) continue;
      const counts = byLabel.get(label) ?? { ok: 0, failed: 0, broken: 0 };
      counts[verdict] += 1;
      byLabel.set(label, counts);
    }
  }
  return [...byLabel].map(([label, counts]) => ({ label, ...counts })).sort((a, b) => (a.label < b.label ? -1 : 1));
}
