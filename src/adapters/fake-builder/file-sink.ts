/** Where the fake builder writes: a real directory, or a disk in memory. */
export interface FileSink {
  write(path: string, text: string): Promise<void>;
  append(path: string, text: string): Promise<void>;
  makeDirectory(path: string): Promise<void>;
}
