/** The name that was probably meant: the same but for capitals and underscores, a few edits away, or holding it; else undefined. */
export function nearName(written: string, names: readonly string[]): string | undefined {
  const plain = plainly(written);
  const ranked = names
    .map((name) => ({ name, edits: editsBetween(plain, plainly(name)) }))
    .sort((a, b) => a.edits - b.edits);
  const nearest = ranked[0];
  if (nearest && nearest.edits <= Math.max(1, Math.floor(plain.length / 3)) && nearest.edits < plain.length)
    return nearest.name;
  if (plain.length < 3) return undefined;
  return ranked.find(({ name }) => contains(plainly(name), plain) || contains(plain, plainly(name)))?.name;
}

const plainly = (name: string): string => name.replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();

const contains = (whole: string, part: string): boolean => part.length >= 3 && whole.includes(part);

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(rows[i - 1][j - 1] + same, rows[i - 1][j] + 1, row[j - 1] + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}
