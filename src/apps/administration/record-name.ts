/** Can this, which a person typed, be one element of a record's path? */
export function isRecordName(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !/[/\0]/.test(text);
}
