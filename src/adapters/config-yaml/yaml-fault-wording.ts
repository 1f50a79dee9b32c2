/** The parser's own messages quote pieces of the text, which may hold secrets, also in the main file by substitution. */
import type { ErrorCode } from 'yaml';

const WORDING: Partial<Record<ErrorCode, string>> = {
  BAD_DIRECTIVE: 'this directive is unknown',
  BAD_DQ_ESCAPE: 'this escape in double quotes is unknown',
  BAD_INDENT: 'the indentation or a closing bracket is wrong',
  BAD_SCALAR_START: 'a value cannot start with this character without quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second "key: value" on the same line; a value with a colon needs quotes',
  BLOCK_IN_FLOW: 'a block cannot stand inside brackets',
  DUPLICATE_KEY: 'this key is given twice in one map',
  MISSING_CHAR: 'a colon, comma, quote or bracket is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line',
  MULTIPLE_DOCS: 'there is more than one document in the file',
  TAB_AS_INDENT: 'tabs cannot indent',
  TAG_RESOLVE_FAILED: 'this tag is unknown, or the value does not fit it',
  UNEXPECTED_TOKEN: 'this is not expected here',
};

export function faultWording(code: ErrorCode): string {
  return WORDING[code] ?? code.toLowerCase().replaceAll('_', ' ');
}

export function parsingFailed(why: string): string {
  return `YAML parsing failed: ${why}`;
}
