import { FormatError } from './format-part.js';
import { lengthOf } from './python-text.js';

/** What stands behind the colon in `{levelname:<8}`. */
export interface Spec {
  readonly fill: string;
  readonly align: string;
  readonly sign: string;
  readonly alternate: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  readonly type: string;
}

const SPEC = /^(?:(.)?([<>=^]))?([+\- ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/su;

/** @throws FormatError naming the `whole` field */
export function readSpec(whole: string, spec: string): Spec {
  const match = SPEC.exec(spec);
  if (!match) throw new FormatError(`${whole}: ${spec} is no way to format a value`);
  const [, fill, align, sign = '', alternate, zero, width, grouping = '', precision, type = ''] = match;
  return {
    ...(align === undefined ? unaligned(zero !== undefined) : { fill: fill ?? ' ', align }),
    sign,
    alternate: alternate !== undefined,
    width: Number(width ?? 0),
    grouping,
    precision: precision === undefined ? undefined : Number(precision),
    type,
  };
}

/** A zero before the width fills up between sign and digits. */
function unaligned(zero: boolean): Pick<Spec, 'fill' | 'align'> {
  return zero ? { fill: '0', align: '=' } : { fill: ' ', align: '' };
}

/** Fills up to the width; `lead` is what zeros come after. */
export function pad(
  body: string,
  lead: string,
  { fill, align, width }: Pick<Spec, 'fill' | 'align' | 'width'>,
): string {
  const missing = Math.max(0, width - lengthOf(lead) - lengthOf(body));
  const left = Math.floor(missing / 2);
  switch (align) {
    case '<':
      return lead + body + fill.repeat(missing);
    case '=':
      return lead + fill.repeat(missing) + body;
    case '^':
      return fill.repeat(left) + lead + body + fill.repeat(missing - left);
    default:
      return fill.repeat(missing) + lead + body;
  }
}
