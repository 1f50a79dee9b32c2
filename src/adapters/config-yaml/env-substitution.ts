/** `%(NODEPOOL_X)` in a file's text becomes the variable's value; names that are not set stay as they are (spec BUILDER 1.1). */
export function substituteEnvironment(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/%\((NODEPOOL_[^()\s]*)\)/g, (literal, name: string) =>
    Object.hasOwn(env, name) ? (env[name] ?? literal) : literal,
  );
}
