import type { Random } from "../../src/random";
import { stem } from "./stem";
import type { Kind, Part, Pole, Slot, Thing } from "./words/part";

const SLOT = /\{([+-]?)([a-z]+)(2?)(?::(thing|any))?\}/g;
const BEGINS_WITH_VOWEL = /^(?!use)[aeiou]/;

/**
 * A review from a frame. A frame is written once and serves both labels: `{+loved}` takes words of the review's own pole,
 * `{-loved}` of the other one. `{part}` and `{part2}` name two parts of the thing; `{is}`, `{was}` and `{was2}` agree with
 * them; `{+adjective}` suits the first of them, `{+adjective2}` the second, `{+adjective:thing}` the thing itself and
 * `{+adjective:any}` whatever it stands beside. No two words of a review have the same stem.
 */
export function fillFrame(
  random: Random,
  { lexicon }: Part,
  thing: Thing,
  pole: Pole,
  frame: string,
): string {
  const pick = (entries: string[]) => entries[random.integer(entries.length)];
  const [first, second] = random.shuffle(
    Object.entries(thing.parts).flatMap(([kind, names]) =>
      names.map((name) => ({ kind: kind as Kind, name })),
    ),
  );
  const other: Pole = pole === "praise" ? "blame" : "praise";
  const used = new Set<string>();

  function word(slot: Slot, wanted: Pole, kind: Kind): string {
    const pool = [...new Set<Kind>(["any", kind])].flatMap((k) => lexicon[slot][k]?.[wanted] ?? []);
    const chosen = pick(pool.filter((entry) => !entry.split(" ").some((part) => used.has(stem(part)))));
    for (const part of chosen.split(" ")) if (part.length > 3) used.add(stem(part));
    return chosen;
  }

  const text = frame.replace(SLOT, (_, sign: string, name: string, two: string, of: string | undefined) => {
    const part = two ? second : first;
    const plural = part.name.endsWith("*");
    if (name === "thing") return thing.name;
    if (name === "made" || name === "tried") return thing[name];
    if (name === "opener") return pick(thing.openers);
    if (name === "part") return part.name.replace("*", "");
    if (name === "is") return plural ? "are" : "is";
    if (name === "was") return plural ? "were" : "was";
    const kind = of === "any" ? of : of === "thing" || name !== "adjective" ? thing.kind : part.kind;
    return word(name as Slot, sign === "+" ? pole : other, kind);
  });
  return text
    .replace(
      /\b(a)\(n\) (?=(\w+))/gi,
      (_, a: string, next: string) => a + (BEGINS_WITH_VOWEL.test(next) ? "n " : " "),
    )
    .replace(/(?<=^|[.!?] )[a-z]/g, (letter) => letter.toUpperCase());
}
