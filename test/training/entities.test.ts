import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Labels } from "../../src/data/labels";
import { bootstrapScores } from "../../src/sweep/bootstrapScores";
import { weightedScore } from "../../src/sweep/weightedScore";
import { entitiesOf } from "../../src/training/entities";
import { metrics } from "../../src/training/metrics";

/** What seqeval says; see make_alignment.py beside it. */
interface Case {
  true: string[][];
  said: string[][];
  entities: [string, number, number][][];
  precision: number;
  recall: number;
  f1: number;
  accuracy: number;
  types: Record<string, number>;
}

const cases: Case[] = JSON.parse(
  readFileSync(join(__dirname, "../fixtures/tokenClassification/seqeval.json"), "utf8"),
);

/** Labels of words, and outputs that say other tags. */
function scored({ true: real, said }: Pick<Case, "true" | "said">) {
  const classes = [...new Set([...real.flat(), ...said.flat(), "I-OTHER"])];
  const labels: Labels = {
    problemType: "single_label_classification",
    classes,
    ids: Int32Array.from(real.flat(), (tag) => classes.indexOf(tag)),
    sequences: Int32Array.from(real, (row) => row.length),
  };
  const outputs = new Float32Array(labels.ids.length * classes.length);
  said.flat().forEach((tag, word) => {
    outputs[word * classes.length + classes.indexOf(tag)] = 1;
  });
  return { outputs, labels };
}

const near = (a: number, b: number, what: string) =>
  assert.ok(Math.abs(a - b) < 1e-12, `${what}: ${a}, ${b}`);

describe("Entities", () => {
  it("are those that seqeval reads, in orders of tags that no scheme allows as well", () => {
    for (const { true: rows, entities } of cases)
      rows.forEach((tags, i) => {
        const found = entitiesOf(tags).map(({ label, first, last }) => [label, first, last]);
        assert.deepEqual(found, entities[i], tags.join(" "));
      });
    assert.ok(cases.flatMap(({ entities }) => entities.flat()).length > 50);
  });

  it("begin with I- behind O or another label, end with E-, and go on under a tag without a letter", () => {
    const found = (tags: string) =>
      entitiesOf(tags.split(" ")).map(({ label, first, last }) => `${label} ${first}-${last}`);
    assert.deepEqual(found("O I-PER I-PER I-LOC"), ["PER 1-2", "LOC 3-3"]);
    assert.deepEqual(found("B-PER B-PER E-PER I-PER"), ["PER 0-0", "PER 1-2", "PER 3-3"]);
    assert.deepEqual(found("S-LOC I-LOC"), ["LOC 0-0", "LOC 1-1"]);
    assert.deepEqual(found("NAME NAME O NAME"), ["NAME 0-1", "NAME 3-3"]);
    assert.deepEqual(found("B-a-b I-a-b"), ["a-b 0-1"]);
    assert.deepEqual(entitiesOf([]), []);
  });

  it("are scored as seqeval scores them, also of one type", () => {
    for (const each of cases) {
      const { outputs, labels } = scored(each);
      const types = Object.entries(each.types);
      const named = types.map(([type]) => `entityF1:${type}`);
      const scores = metrics(outputs, labels, { metrics: named });
      near(scores.entityPrecision, each.precision, "precision");
      near(scores.entityRecall, each.recall, "recall");
      near(scores.entityF1, each.f1, "f1");
      near(scores.accuracy, each.accuracy, "accuracy");
      for (const [type, f1] of types) near(scores[`entityF1:${type}`], f1, type);
    }
    assert.ok(cases.some(({ f1 }) => f1 > 0.2 && f1 < 0.9));
  });

  it("never go from one text into the next", () => {
    const { outputs, labels } = scored({ true: [["B-PER"], ["I-PER"]], said: [["B-PER"], ["I-PER"]] });
    assert.equal(metrics(outputs, labels).entityF1, 1);
    const joined = scored({ true: [["B-PER", "I-PER"]], said: [["B-PER", "B-PER"]] });
    assert.equal(metrics(joined.outputs, joined.labels).entityF1, 0);
  });

  it("are no metric of rows that are not words, and of no label that there is not", () => {
    const { outputs, labels } = scored(cases[0]);
    assert.ok(!("entityF1" in metrics(outputs, { ...labels, sequences: undefined } as Labels)));
    assert.throws(() => metrics(outputs, labels, { metrics: ["entityF1:ORG"] }), { message: /entityF1/ });
  });

  it("are drawn anew by whole texts where a score's spread is estimated", () => {
    const { outputs, labels } = scored(cases[0]);
    const score = weightedScore("entityF1", outputs, labels)!;
    assert.equal(score.rows, cases[0].true.length);
    near(score.of(new Uint32Array(score.rows).fill(1)), cases[0].f1, "all once");
    // The first text alone, twice.
    const only = scored({ true: cases[0].true.slice(0, 1), said: cases[0].said.slice(0, 1) });
    const weights = new Uint32Array(score.rows);
    weights[0] = 2;
    near(score.of(weights), metrics(only.outputs, only.labels).entityF1, "the first alone");
    const [draws] = bootstrapScores([score]);
    assert.ok(new Set(draws).size > 10);
  });
});
