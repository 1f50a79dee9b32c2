/** Numbers as Python prints them. */

/** `repr` of a float: always with a point or an exponent. */
export function floatRepr(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) return pythonExponent(value.toExponential());
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** At least two digits of exponent, where JavaScript has as few as possible. */
function pythonExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

export type FloatType = 'e' | 'f' | 'g';

/** @param keep keep trailing zeros and the point, as the flag `#` asks */
export function formatFloat(value: number, type: FloatType, precision: number, keep: boolean): string {
  if (!Number.isFinite(value)) return floatRepr(value);
  if (type === 'f') return withPoint(fixed(value, precision), keep && precision === 0);
  if (type === 'e') return pythonExponent(value.toExponential(precision));
  return general(value, precision === 0 ? 1 : precision, keep);
}

function withPoint(text: string, wanted: boolean): string {
  return wanted ? `${text}.` : text;
}

function general(value: number, precision: number, keep: boolean): string {
  const scientific = value.toExponential(precision - 1);
  const exponent = Number(scientific.slice(scientific.indexOf('e') + 1));
  const small = exponent < -4 || exponent >= precision;
  const text = small ? scientific : fixed(value, precision - 1 - exponent);
  const [digits = '', tail] = text.split('e');
  const shown = keep || !digits.includes('.') ? digits : digits.replace(/\.?0+$/, '');
  return tail === undefined ? shown : pythonExponent(`${shown}e${tail}`);
}

/** Halves go to the even digit, where JavaScript takes the larger one. */
function fixed(value: number, precision: number): string {
  const digits = Math.min(precision, 100);
  const text = value.toFixed(digits);
  if (Math.abs(value) >= 1e21 || digits > 40) return text;
  const exact = value.toFixed(100);
  const rest = exact.slice(exact.indexOf('.') + 1 + digits);
  if (!/^50*$/.test(rest)) return text;
  const down = exact.slice(0, exact.length - rest.length).replace(/\.$/, '');
  return Number(down.at(-1)) % 2 === 0 ? down : text;
}

/** `base` 8 and 16 get their prefix with `alternate`. */
export function formatInteger(value: number, type: string, alternate: boolean): string {
  const whole = Math.trunc(value);
  const size = Math.abs(whole);
  const sign = whole < 0 ? '-' : '';
  switch (type) {
    case 'o':
      return `${sign}${alternate ? '0o' : ''}${size.toString(8)}`;
    case 'x':
      return `${sign}${alternate ? '0x' : ''}${size.toString(16)}`;
    case 'X':
      return `${sign}${alternate ? '0X' : ''}${size.toString(16).toUpperCase()}`;
    case 'b':
      return `${sign}${alternate ? '0b' : ''}${size.toString(2)}`;
    default:
      return `${sign}${size}`;
  }
}
