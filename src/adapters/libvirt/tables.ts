/** virsh's tables and lists of facts. */

/** Cells are at least two blanks apart, so that single blanks within names do no harm. */
export function tableRows(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => line.split(/ {2,}/));
}

/** `Key: value` lines. */
export function factsOf(text: string): ReadonlyMap<string, string> {
  const facts = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^([^:]+?)\s*:\s*(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) facts.set(key.trim().toLowerCase(), value.trim());
  }
  return facts;
}

const UNITS: Readonly<Record<string, number>> = {
  bytes: 1,
  b: 1,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
  pib: 1024 ** 5,
};

/** `3.00 GiB` in bytes; without a unit it is bytes. */
export function bytesOf(text: string | undefined): number {
  const [, amount, unit = 'b'] = /^([\d.]+)(?:\s*([A-Za-z]+))?$/.exec(text?.trim() ?? '') ?? [];
  return Number(amount ?? 0) * (UNITS[unit.toLowerCase()] ?? 1);
}

/** The words of a list with one on each line. */
export function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
