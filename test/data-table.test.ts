import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "csv-parse/sync";
import { fillFrame } from "../data/short-reviews/fillFrame";
import { MAX_WORDS, makeRows } from "../data/short-reviews/makeRows";
import { stem } from "../data/short-reviews/stem";
import { tableFiles } from "../data/short-reviews/tableFiles";
import type { Part } from "../data/short-reviews/words/part";
import { train as trainPart } from "../data/short-reviews/words/train";
import { valid as validPart } from "../data/short-reviews/words/valid";
import { Random } from "../src/random";

const FOLDER = join(__dirname, "../data/short-reviews");
const onDisk = (name: string) => readFileSync(join(FOLDER, name), "utf8");
const rowsOf = (name: string): Record<string, string>[] => parse(onDisk(name), { columns: true });

const train = rowsOf("train.csv");
const valid = rowsOf("valid.csv");
const unlabelled = rowsOf("test.csv");
const everyRow = [...train, ...valid, ...unlabelled];

describe("the table of short reviews", () => {
  test("is, byte for byte, what its script writes", () => {
    for (const [name, text] of Object.entries(tableFiles())) assert.equal(onDisk(name), text, name);
  });

  test("has Kaggle's columns, and no target where a submission is to be made", () => {
    assert.deepEqual(Object.keys(train[0]), ["id", "text", "target"]);
    assert.deepEqual(Object.keys(valid[0]), ["id", "text", "target"]);
    assert.deepEqual(Object.keys(unlabelled[0]), ["id", "text"]);
  });

  test("has 1,500 rows to train on, 500 to validate with and 300 to predict", () => {
    assert.deepEqual([train.length, valid.length, unlabelled.length], [1500, 500, 300]);
  });

  test("numbers its rows through, so that every id is there once", () => {
    assert.deepEqual(
      everyRow.map((row) => row.id),
      everyRow.map((_, i) => String(i + 1)),
    );
  });

  test("holds no text twice, neither within a part nor across parts", () => {
    assert.equal(new Set(everyRow.map((row) => row.text.toLowerCase())).size, everyRow.length);
  });

  test("is balanced from the start: every even number of first rows is half praise", () => {
    for (const rows of [train, valid])
      for (let count = 2; count <= rows.length; count += 2)
        assert.equal(
          rows.slice(0, count).filter((row) => row.target === "1").length,
          count / 2,
          `${count} rows`,
        );
  });

  test("does not give the label away by its place in a pair", () => {
    for (const rows of [train, valid]) {
      const praiseFirst =
        rows.filter((row, i) => i % 2 === 0 && row.target === "1").length / (rows.length / 2);
      assert.ok(praiseFirst > 0.4 && praiseFirst < 0.6, `${praiseFirst}`);
    }
  });

  test("is short: 5 to 18 words a row, about a dozen on average", () => {
    const lengths = everyRow.map((row) => row.text.split(" ").length);
    assert.ok(Math.min(...lengths) >= 5, `${Math.min(...lengths)}`);
    assert.ok(Math.max(...lengths) <= MAX_WORDS, `${Math.max(...lengths)}`);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    assert.ok(mean > 10 && mean < 14, `${mean}`);
  });

  test("takes less than 250 KB", () => {
    const bytes = ["train.csv", "valid.csv", "test.csv"].map((name) => Buffer.byteLength(onDisk(name)));
    assert.ok(bytes[0] + bytes[1] + bytes[2] < 250_000, `${bytes}`);
  });

  test("is written in whole sentences: no open slot, no doubled word, the right article, a capital and a stop", () => {
    for (const { text } of everyRow) {
      assert.match(text, /^[A-Z][\x20-\x7e]*[.!]$/);
      assert.doesNotMatch(text, /[{}*()"]| {2}|undefined/);
      assert.doesNotMatch(text, /\b(\w+) \1\b/i);
      assert.doesNotMatch(text, /\ban (?![aeiou]|hour)|\ban use|\ba (?!use)[aeiou]/i);
      assert.doesNotMatch(text, /[.!] [a-z]/);
    }
  });
});

describe("what validation asks that training never showed", () => {
  test("no word of praise or blame is shared, nor the stem of one", () => {
    const known = labelStems(trainPart);
    assert.deepEqual(
      [...labelStems(validPart)].filter((word) => known.has(word)),
      [],
    );
    assert.ok(known.size > 100, `${known.size}`);
  });

  test("within a part no word stands for both praise and blame", () => {
    for (const part of [trainPart, validPart]) {
      const blame = wordsOf(part, "blame");
      assert.deepEqual(
        [...wordsOf(part, "praise")].filter((word) => blame.has(word)),
        [],
      );
    }
  });

  test("no frame, no opening sentence and no thing reviewed is shared", () => {
    const frames = (part: Part) => Object.values(part.frames).flat().map(skeleton);
    const openers = (part: Part) => part.things.flatMap((thing) => thing.openers);
    const names = (part: Part) => part.things.map((thing) => thing.name);
    for (const of of [frames, openers, names]) {
      const known = new Set(of(trainPart));
      assert.deepEqual(
        of(validPart).filter((entry) => known.has(entry)),
        [],
      );
    }
  });

  test("no six words in a row of a validation or test row stand in a training row", () => {
    const known = new Set(train.flatMap((row) => runs(row.text, 6)));
    assert.deepEqual(
      [...valid, ...unlabelled].flatMap((row) => runs(row.text, 6)).filter((run) => known.has(run)),
      [],
    );
  });

  test("so counting words, which learns the training rows, says next to nothing about the validation rows", () => {
    const label = naiveBayes(train);
    assert.ok(accuracy(label, train) > 0.75, `train ${accuracy(label, train)}`);
    assert.ok(accuracy(label, valid) < 0.6, `valid ${accuracy(label, valid)}`);
  });
});

describe("a frame", () => {
  const frames = [trainPart, validPart]
    .flatMap((part) => Object.entries(part.frames))
    .flatMap(([turn, all]) => all.map((frame) => ({ turn, frame })));

  test("of a plain review says one thing only; of any other turn it says both, the verdict last", () => {
    for (const { turn, frame } of frames) {
      const own = frame.lastIndexOf("{+");
      const other = frame.lastIndexOf("{-");
      assert.ok(own >= 0, frame);
      assert.equal(other < 0, turn === "plain", frame);
      assert.ok(own > other, frame);
    }
  });

  test("is written once", () => {
    assert.equal(new Set(frames.map(({ frame }) => skeleton(frame))).size, frames.length);
  });
});

describe("how a review is made", () => {
  const part: Part = {
    things: [
      {
        name: "inn",
        kind: "place",
        made: "run",
        tried: "saw",
        openers: ["We came late."],
        parts: { place: ["beds*"] },
      },
    ],
    lexicon: {
      adjective: {
        any: { praise: ["useful"], blame: ["awful"] },
        place: { praise: ["clean"], blame: ["dirty"] },
      },
      adverb: { any: { praise: ["well"], blame: ["badly"] } },
      loved: { any: { praise: ["loved"], blame: ["hated"] } },
      pleased: { any: { praise: ["cheered me"], blame: ["annoyed me"] } },
      feeling: { any: { praise: ["cheerful"], blame: ["annoyed"] } },
      verdict: { any: { praise: ["a joy"], blame: ["a mess"] } },
      outcome: { any: { praise: ["Go there"], blame: ["Stay away"] } },
    },
    frames: { plain: [], contrast: [], denial: [], hearsay: [] },
  };
  const fill = (frame: string, pole: "praise" | "blame" = "praise") =>
    fillFrame(new Random(0), part, part.things[0], pole, frame);

  test("one frame serves both labels: + takes the review's own pole, - the other", () => {
    const frame = "They {-loved} it, but I {+loved} it. {+outcome}.";
    assert.equal(fill(frame, "praise"), "They hated it, but I loved it. Go there.");
    assert.equal(fill(frame, "blame"), "They loved it, but I hated it. Stay away.");
  });

  test("verbs agree with the part, articles with the next word, and sentences begin with a capital", () => {
    assert.equal(
      fill("the {part} {was} nice. {opener} it is {made} {+adverb}."),
      "The beds were nice. We came late. It is run well.",
    );
    assert.equal(
      fill("A(n) {thing}, a(n) {+adjective:any} one, not a(n) {-adjective:any} one."),
      "An inn, a useful one, not an awful one.",
    );
  });

  test("an adjective suits what it is said of", () => {
    const said = new Set(
      Array.from({ length: 40 }, (_, i) =>
        fillFrame(new Random(i), part, part.things[0], "blame", "{+adjective:any}"),
      ),
    );
    assert.deepEqual([...said], ["Awful"]);
    const ofPlace = new Set(
      Array.from({ length: 40 }, (_, i) =>
        fillFrame(new Random(i), part, part.things[0], "blame", "{+adjective:thing}"),
      ),
    );
    assert.deepEqual([...ofPlace].sort(), ["Awful", "Dirty"]);
  });

  test("two words of one review never have the same stem", () => {
    const things = trainPart.things.find((thing) => thing.name === "film")!;
    for (let seed = 0; seed < 300; seed++) {
      const text = fillFrame(
        new Random(seed),
        trainPart,
        things,
        "blame",
        "{+adjective:thing} {+feeling} {+pleased}",
      );
      const stems = text
        .split(" ")
        .filter((word) => word.length > 3)
        .map(stem);
      assert.equal(new Set(stems).size, stems.length, text);
    }
  });

  test("the rows depend on the seed alone", () => {
    const make = (seed: string) => makeRows(validPart, seed, 20, new Set());
    assert.deepEqual(make("a"), make("a"));
    assert.notDeepEqual(make("a"), make("b"));
  });

  test("a text that is already taken is never made again", () => {
    const taken = new Set<string>();
    const first = makeRows(validPart, "a", 200, taken).map((row) => row.text);
    const second = makeRows(validPart, "a", 200, taken).map((row) => row.text);
    assert.equal(new Set([...first, ...second]).size, 400);
    assert.equal(taken.size, 400);
  });

  test("stem sees kin through prefixes and endings, and leaves strangers apart", () => {
    for (const [a, b] of [
      ["thrilled", "thrilling"],
      ["liked", "disliked"],
      ["pleasant", "pleasure"],
      ["miserable", "miserably"],
      ["intelligent", "intelligence"],
      ["patient", "impatient"],
    ])
      assert.equal(stem(a), stem(b), `${a}, ${b}`);
    for (const [a, b] of [
      ["terrific", "terrible"],
      ["horrible", "horrendous"],
      ["delicious", "delightful"],
    ])
      assert.notEqual(stem(a), stem(b), `${a}, ${b}`);
  });
});

/** Words that say nothing of praise or blame by themselves. */
const PLAIN_WORDS = new Set(
  "a an the i it me my us our we is am was are be of on in to at for and so all by out this one with not could would made gave got left have has from anyone".split(
    " ",
  ),
);

function wordsOf(part: Part, pole: "praise" | "blame"): Set<string> {
  const entries = Object.values(part.lexicon).flatMap((kinds) =>
    Object.values(kinds).flatMap((poles) => poles[pole]),
  );
  return new Set(entries.flatMap((entry) => words(entry)).filter((word) => !PLAIN_WORDS.has(word)));
}

function labelStems(part: Part): Set<string> {
  return new Set([...wordsOf(part, "praise"), ...wordsOf(part, "blame")].map(stem));
}

function skeleton(frame: string): string {
  return frame.replace(/\{[^}]*\}/g, "_").toLowerCase();
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[a-z-]+/g) ?? [];
}

function runs(text: string, length: number): string[] {
  const all = words(text);
  return all.slice(0, Math.max(0, all.length - length + 1)).map((_, i) => all.slice(i, i + length).join(" "));
}

/** Multinomial naive Bayes over single words and pairs of neighbours, add-one smoothed; unknown ones are left out. */
function naiveBayes(rows: Record<string, string>[]): (text: string) => string {
  const features = (text: string) => [...runs(text, 1), ...runs(text, 2)];
  const counts = new Map<string, [number, number]>();
  const totals: [number, number] = [0, 0];
  for (const row of rows)
    for (const feature of features(row.text)) {
      const pair = counts.get(feature) ?? [0, 0];
      pair[Number(row.target)]++;
      totals[Number(row.target)]++;
      counts.set(feature, pair);
    }
  return (text) => {
    let logOdds = 0;
    for (const feature of features(text)) {
      const pair = counts.get(feature);
      if (pair)
        logOdds +=
          Math.log((pair[1] + 1) / (totals[1] + counts.size)) -
          Math.log((pair[0] + 1) / (totals[0] + counts.size));
    }
    return logOdds > 0 ? "1" : "0";
  };
}

function accuracy(label: (text: string) => string, rows: Record<string, string>[]): number {
  return rows.filter((row) => label(row.text) === row.target).length / rows.length;
}
