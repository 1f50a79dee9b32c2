/** A format (of lines or of times) that cannot be used. The message says why; the reader of the configuration adds where. */
export class FormatError extends Error {
  readonly code = 'NP_LOG_FORMAT';
  override readonly name = 'FormatError';
}
