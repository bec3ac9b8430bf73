import type { Option } from "commander";

/**
 * A message of the kit's functions with their options under the names that a command has for them: `maxLength: 64` is
 * `--max-length 64`. What stands in quotes, is part of a path, or was typed by the user stays as it is.
 */
export function spelledForShell(
  message: string,
  options: readonly Option[],
  typed: readonly string[],
): string {
  const flags = new Map(options.map((option) => [option.attributeName(), option.long!]));
  // `topNLayerFreeze` calls n what is `--freeze` here.
  const freeze = flags.get("freeze");
  if (freeze !== undefined && !flags.has("n")) flags.set("n", freeze);
  const begun = message.replace(/^\w+(?=: |\[)/, (name) =>
    typed.includes(name) ? name : (flags.get(name) ?? name),
  );
  const within = (text: string) =>
    text
      .replace(/`([a-z]\w*)(?:: true)?`/g, (whole, name) => flags.get(name) ?? whole)
      .replace(/(?<![\w./-])([a-z]+[A-Z]\w*)(?!\/|\.\w)(: true\b|: (?=\d))?/g, (whole, name, value) =>
        flags.has(name) ? `${flags.get(name)}${value === ": " ? " " : ""}` : whole,
      )
      // Where both names were given.
      .replace(/(--[\w-]+)((?: [\w.]+)?) \(\1\2\)/g, "$1$2");
  // Settings of a recipe have the same names in both.
  if (/\bstrategies\b/.test(message)) return begun;
  // Paths and the like, as long as a name of an option may be a part of them; the longest first, as one may begin another.
  const own = typed.filter((text) => /[a-z][A-Z]/.test(text)).sort((a, b) => b.length - a.length);
  const kept = ['"(?:[^"\\\\]|\\\\.)*"', ...own.map((text) => text.replace(/[^\w\s]/g, "\\$&"))];
  return begun
    .split(new RegExp(`(${kept.join("|")})`))
    .map((part, i) => (i % 2 === 0 ? within(part) : part))
    .join("");
}
