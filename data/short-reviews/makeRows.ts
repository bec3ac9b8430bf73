import { Random } from "../../src/random";
import { fillFrame } from "./fillFrame";
import type { Part, Pole, Turn } from "./words/part";

export interface Row {
  text: string;
  target: 0 | 1;
  turn: Turn;
}

/** How many rows of twenty take each turn. */
const SHARES: Record<Turn, number> = { plain: 8, contrast: 6, hearsay: 4, denial: 2 };
const TURNS = (Object.keys(SHARES) as Turn[]).flatMap((turn) => Array<Turn>(SHARES[turn]).fill(turn));

/** No review has more words than this. */
export const MAX_WORDS = 18;

/**
 * `count` different reviews, none of them in `taken`, to which they are added. They come in pairs of one praise and one
 * blame, in either order, so that the first rows of the table are as balanced as the whole.
 */
export function makeRows(part: Part, seed: string, count: number, taken: Set<string>): Row[] {
  const random = new Random("short-reviews", seed);
  const pick = <T>(entries: readonly T[]) => entries[random.integer(entries.length)];
  const rows: Row[] = [];
  while (rows.length < count)
    for (const pole of random.shuffle<Pole[]>(["praise", "blame"])) {
      const turn = pick(TURNS);
      let text: string;
      do text = fillFrame(random, part, pick(part.things), pole, pick(part.frames[turn]));
      while (taken.has(text) || text.split(" ").length > MAX_WORDS);
      taken.add(text);
      rows.push({ text, target: pole === "praise" ? 1 : 0, turn });
    }
  return rows;
}
