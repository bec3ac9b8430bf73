/** What an adjective, a reaction or a verdict can be said of; `any` fits them all. */
export type Kind = "any" | "craft" | "food" | "people" | "place" | "tool";

/** Words of praise, and words of blame that fill the same slot. */
export interface Poles {
  praise: string[];
  blame: string[];
}

export type Pole = keyof Poles;

/** Something that gets reviewed, and the parts of it that a review may name; `*` marks a part in the plural. */
export interface Thing {
  name: string;
  kind: Kind;
  made: string;
  tried: string;
  openers: string[];
  parts: Partial<Record<Kind, string[]>>;
}

/** How a review goes: straight on, from a weak side to the verdict, by denying a word, or from what others think to one's own view. */
export type Turn = "plain" | "contrast" | "denial" | "hearsay";

export type Slot = "adjective" | "adverb" | "loved" | "pleased" | "feeling" | "verdict" | "outcome";

/** All that one part of the table is written with. */
export interface Part {
  things: Thing[];
  lexicon: Record<Slot, Partial<Record<Kind, Poles>>>;
  frames: Record<Turn, string[]>;
}

/** The entries of a list written on one line, split at its commas. */
export function list(line: string): string[] {
  return line.split(",").map((entry) => entry.trim());
}
