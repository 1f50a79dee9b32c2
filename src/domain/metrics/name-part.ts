/** A name from outside as one part of a metric's name: dots would make levels, colons end the name (spec LAUNCHER 5). */
export function safePart(name: string): string {
  return name.replace(/[.:]/g, '_');
}
