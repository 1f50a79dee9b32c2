import { FormatError, attribute } from './format-part.js';
import type { CompiledFormat, FormatPart } from './format-part.js';
import { plain } from './record-attributes.js';

const TOKEN = /\$(?:(\$)|([_a-zA-Z][_a-zA-Z0-9]*)|\{([_a-zA-Z][_a-zA-Z0-9]*)\}|)/g;

/** `$message` and `${message}`, as Python's `string.Template` reads them. @throws FormatError */
export function dollarStyle(format: string): CompiledFormat {
  const parts: FormatPart[] = [];
  let end = 0;
  let usesTime = false;
  let fields = 0;
  for (const match of format.matchAll(TOKEN)) {
    parts.push(format.slice(end, match.index));
    end = match.index + match[0].length;
    const [, dollar, bare, braced] = match;
    const name = bare ?? braced;
    if (dollar !== undefined) parts.push('$');
    else if (name === undefined) throw new FormatError('a dollar sign that belongs to no field; write $$ for one');
    else {
      const { kind, of } = attribute(name);
      fields += 1;
      usesTime ||= name === 'asctime';
      parts.push((record, asctime) => plain(kind, of(record, asctime)));
    }
  }
  parts.push(format.slice(end));
  if (fields === 0) throw new FormatError('there is no field like $message in it');
  return { parts, usesTime };
}
