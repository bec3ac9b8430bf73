import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import type { EngineName } from "../../src/engine/useEngine";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import type { TokenRows } from "../../src/models/TextClassifier";
import { textInputs } from "../../src/models/textInputs";
import { assertClose } from "../close";
import { onEveryEngine, onWebgpu, onWebgpuHardware } from "../onEveryEngine";
import * as parity from "./parityTests";

interface Expected extends parity.Expected {
  /** [layer][row][token][hidden] */
  hidden: number[][][][];
  inputs: {
    input_ids: number[][];
    attention_mask: number[][];
    token_type_ids?: number[][];
    labels: number[];
  };
}

/** The folder of a fixture, what PyTorch makes of it, and its rows as a model takes them. */
export function fixture(name: string): { folder: string; expected: Expected; rows: TokenRows } {
  const folder = join(__dirname, "../fixtures/models", name);
  const expected: Expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
  const { input_ids, attention_mask, token_type_ids } = expected.inputs;
  return {
    folder,
    expected,
    rows: { inputIds: input_ids, attentionMask: attention_mask, tokenTypeIds: token_type_ids },
  };
}

/** One family of each kind of block: on a WebGPU that computes on the processor a family takes half a minute, and the others' are these. */
const KINDS_OF_BLOCK = ["bert", "deberta-v2", "modernbert"];

/**
 * Tests a family on every engine against the numbers PyTorch made of `test/fixtures/models/<name>`.
 *
 * @param frozenBy the N for which `topNLayerFreeze` freezes what was frozen in the fixture's three steps
 * @param belongs for each N in turn, whether a parameter is among those the first N blocks or the embeddings read
 */
export function againstPyTorch(
  name: string,
  options: { frozenBy: number; belongs: (parameter: string, n: number) => boolean },
): void {
  const { folder, expected, rows } = fixture(name);
  const load = () => AutoModelForSequenceClassification.fromPretrained(folder, { log: assert.fail });

  const tests = (engine: EngineName) => {
    parity.parityTests<SequenceClassifier>(engine, {
      ...options,
      expected,
      load,
      logits: (model) => model.forward(rows).logits,
      inputs: () =>
        textInputs({
          batchSize: rows.inputIds.length,
          sequenceLength: rows.inputIds[0].length,
          inputIds: rows.inputIds.flat(),
          attentionMask: rows.attentionMask!.flat(),
          tokenTypeIds: rows.tokenTypeIds?.flat(),
        }),
    });

    parity.onModel(
      load,
      "gives the same hidden states after the embeddings and every block",
      async (model) => {
        const { logits, hiddenStates } = model.forward(rows, { outputHiddenStates: true });
        assert.equal(hiddenStates.length, expected.hidden.length);
        for (const [layer, state] of hiddenStates.entries()) {
          const actual = await state.array();
          expected.inputs.attention_mask.forEach((mask, row) => {
            mask.forEach((seen, token) => {
              if (seen)
                assertClose(
                  actual[row][token],
                  expected.hidden[layer][row][token],
                  1e-5,
                  `layer ${layer}, row ${row}`,
                );
            });
          });
        }
        tf.dispose([logits, ...hiddenStates]);
      },
    );

    parity.onModel(
      load,
      "gives the same logits, whether the last block computes every row or the [CLS] rows alone",
      async (model) => {
        const short = model.forward(rows);
        const full = model.forward(rows, { outputHiddenStates: true });
        assertClose(await short.logits.data(), expected.logits.flat(), 1e-5);
        assertClose(await full.logits.data(), expected.logits.flat(), 1e-5);
        tf.dispose([short.logits, full.logits, ...full.hiddenStates]);
      },
    );

    parity.onModel(
      load,
      "gives the same loss and gradients, bit by bit, of texts that are one token long whether the last block computes every row or the [CLS] rows alone",
      async (model) => {
        // Too few for the kernel of a whole layer, which sums up the norms' gradients in another order.
        const batchSize = Math.min(3, 2 * availableParallelism() - 1);
        const ids = Array.from({ length: batchSize }, (_, i) => i + 1);
        const inputs = () =>
          textInputs({ batchSize, sequenceLength: 1, inputIds: ids, attentionMask: ids.map(() => 1) });
        const labels = ids.map((id) => id % model.numLabels);
        const subject = { expected: { inputs: { labels } }, inputs };
        const [short, full] = [
          await parity.lossAndGradientsOf(model, subject, "fp32", false),
          await parity.lossAndGradientsOf(model, subject, "fp32", true),
        ];
        assert.ok(short.loss > 0);
        assert.equal(short.loss, full.loss);
        assert.equal(short.gradients.size, full.gradients.size);
        for (const [parameter, gradient] of short.gradients) {
          const same = full.gradients.get(parameter)!;
          // WebGPU adds up the rows of an embedding's gradient in any order.
          assertClose(
            await gradient.data(),
            await same.data(),
            engine === "webgpu" ? 1e-6 : 0,
            parameter.name,
          );
          tf.dispose([gradient, same]);
        }
      },
    );
  };

  onEveryEngine(`${name} against PyTorch`, tests);
  (KINDS_OF_BLOCK.includes(name) ? onWebgpu : onWebgpuHardware)(`${name} against PyTorch`, tests);
}
