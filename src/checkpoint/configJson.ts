/**
 * `config` as the text of a config.json. JavaScript writes 2.0 as 2, which Transformers refuses where its configurations ask for a
 * float; so a field that has a fraction in `original`, the text of the config.json it came from, is written with one.
 */
export function configJson(config: Record<string, unknown>, original = ""): string {
  const floats = new Set(
    Array.from(original.matchAll(/"(\w+)"\s*:\s*-?\d+(?:\.\d+|[eE])/g), ([, field]) => field),
  );
  const text = JSON.stringify(config, null, 2);
  return `${text.replace(/^(\s*"(\w+)": -?\d+)(?=,?$)/gm, (line, _, field) => (floats.has(field) ? `${line}.0` : line))}\n`;
}
