/** Breaks a text into lines of at most `width` characters, at blanks and after hyphens within words; longer words stay whole. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let glue = line === '' ? '' : ' ';
    for (const piece of word.split(/(?<=[A-Za-z]-)(?=[A-Za-z]{2})/)) {
      if (line !== '' && line.length + glue.length + piece.length > width) {
        lines.push(line);
        line = '';
        glue = '';
      }
      line += glue + piece;
      glue = '';
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}
