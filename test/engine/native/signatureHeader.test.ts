import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { signatureHeader } from "../../../src/engine/native/signatureHeader";
import { SIGNATURES } from "../../../src/engine/native/signatures";

const kernels = join(__dirname, "../../../src/engine/native/kernels");
const sources = readdirSync(kernels).map((name) => readFileSync(join(kernels, name), "utf8"));

describe("The header that C++ ops are written upon", () => {
  it("tells TensorFlow of attributes, inputs and outputs, and where each stands behind lists of any length", () => {
    const [, adamW] = /(struct AdamW \{[\s\S]*?\n\};)/.exec(signatureHeader())!;
    assert.deepEqual(adamW.split("\n"), [
      "struct AdamW {",
      '  static constexpr const char* name = "FrostkitAdamW";',
      '  static constexpr std::array<const char*, 2> attributes = {"count: int", "made: int >= 0"};',
      '  static constexpr std::array<const char*, 5> inputs = {"values: count * float", "means: count * float", "squares: count * float", "gradients: count * float", "settings: float"};',
      '  static constexpr std::array<const char*, 1> outputs = {"out_updated: made * float"};',
      "  int count;",
      "  int made;",
      '  explicit AdamW(Attributes& at) : count(at.integer("count")), made(at.integer("made")) {}',
      "  int inValues(int i) const { return 0 + i; }",
      "  int inMeans(int i) const { return count + 0 + i; }",
      "  int inSquares(int i) const { return count + count + 0 + i; }",
      "  int inGradients(int i) const { return count + count + count + 0 + i; }",
      "  int inSettings() const { return count + count + count + count + 0; }",
      "  int outUpdated(int i) const { return 0 + i; }",
      "};",
    ]);
  });

  it("has a struct for every op, each extended by one kernel and by no other", () => {
    const header = signatureHeader();
    for (const op of Object.keys(SIGNATURES)) {
      assert.match(header, new RegExp(`^struct ${op} \\{$`, "m"));
      const uses = sources.join("\n").match(new RegExp(`(: |<)signatures::${op}( \\{|,)`, "g")) ?? [];
      assert.equal(uses.length, 1, op);
    }
  });

  it("is used for all that a kernel reads and writes: none counts by itself", () => {
    const counted = sources.flatMap(
      (source) => source.match(/call\.(input|data(<[^>]*>)?|output|shape)\(\d/g) ?? [],
    );
    assert.deepEqual(counted, []);
  });
});
