/** What runs over some words in a row: the label and the first and the last of them. */
export interface Entity {
  label: string;
  first: number;
  last: number;
}

/** A tag's letter and label: of "B-PER" B and PER. A tag without a letter goes on with what stands before it, as "I-" does. */
function partsOf(tag: string): [letter: string, label: string] {
  if (tag === "O") return ["O", ""];
  const [, letter, label] = /^([BIES])-(.*)$/s.exec(tag) ?? [tag, "I", tag];
  return [letter, label];
}

/**
 * The entities of a text's tags, as conlleval and seqeval read them: a "B-" begins one, an "I-" of the same label goes on with it, and an "I-" behind "O" or
 * another label begins one as well. "E-" and "S-" (IOBES) end one.
 */
export function entitiesOf(tags: readonly string[]): Entity[] {
  const found: Entity[] = [];
  let open: Entity | null = null;
  let [before, labelBefore] = ["O", ""];
  for (const [i, tag] of tags.entries()) {
    const [letter, label] = partsOf(tag);
    const goesOn =
      open !== null &&
      (letter === "I" || letter === "E") &&
      label === labelBefore &&
      (before === "B" || before === "I");
    if (goesOn) open!.last = i;
    else if (letter === "O") open = null;
    else {
      open = { label, first: i, last: i };
      found.push(open);
    }
    [before, labelBefore] = [letter, label];
  }
  return found;
}
