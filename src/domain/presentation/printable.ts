/** Records and clouds' messages are written by others: control characters would break lines, move the cursor or colour the terminal. */
export function printable(line: string): string {
  return line.replaceAll(/[\t\r\n]+/g, ' ').replaceAll(/\p{Cc}/gu, '\ufffd');
}
