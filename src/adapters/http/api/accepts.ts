/**
 * Does an `Accept` header allow the one type that there is? A header that is missing, empty or malformed allows everything; the
 * most specific range decides, and quality 0 means no.
 */
export function accepts(header: string, type: string): boolean {
  if (header.trim() === '') return true;
  const [main = ''] = type.split('/');
  let best = { rank: -1, quality: 0 };
  for (const element of header.split(',')) {
    const [range = '', ...parameters] = element.split(';').map((part) => part.trim().toLowerCase());
    if (range === '') continue;
    if (!/^[^\s/]+\/[^\s/]+$/.test(range)) return true;
    const rank = [`*/*`, `${main}/*`, type].indexOf(range);
    if (rank > best.rank) best = { rank, quality: qualityOf(parameters) };
  }
  return best.quality > 0;
}

function qualityOf(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const quality = text === undefined ? 1 : Number(text);
  return Number.isFinite(quality) ? quality : 1;
}
