/**
 * A header's names as pandas has them: a column without one is `Unnamed: 2` by its place, counted from 0, and one that was named
 * before is `text.1`, `text.2`, …, whatever else is called so.
 */
export function columnNames(header: readonly string[]): string[] {
  const names = header.map((name, i) => (name === "" ? `Unnamed: ${i}` : name));
  const named = [...names.keys()].filter((i) => header[i] !== "");
  const unnamed = [...names.keys()].filter((i) => header[i] === "");
  const counts = new Map<string, number>();
  // Names that were given keep their place before names that were made up.
  for (const i of [...named, ...unnamed]) {
    const given = names[i];
    let name = given;
    let count = counts.get(name) ?? 0;
    while (count > 0) {
      counts.set(given, count + 1);
      name = `${given}.${count}`;
      count = names.includes(name) ? count + 1 : (counts.get(name) ?? 0);
    }
    names[i] = name;
    counts.set(name, count + 1);
  }
  return names;
}
