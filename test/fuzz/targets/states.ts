import { crc32 } from "node:zlib";
import fc from "fast-check";
import { StateFolder } from "../../../src/training/StateFolder";
import { mutatedBytes, mutatedJson } from "../mutated";
import type { Target } from "../Target";

const text = JSON.stringify({ facts: { step: 3, loss: [0.5, 0.25] }, sums: {} });
const STATE = Buffer.from(JSON.stringify({ format: 1, sum: crc32(text), text }));
const TENSORS = Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from("{}")]);

export const stateTarget: Target = {
  name: "state",
  cases: fc.oneof(
    mutatedJson([STATE]).map((state) => ({
      "state-1/state.json": state,
      "state-1/state.safetensors": TENSORS,
    })),
    mutatedBytes([TENSORS]).map((tensors) => ({
      "state-1/state.json": STATE,
      "state-1/state.safetensors": tensors,
    })),
  ),
  read(folder) {
    new StateFolder(folder).open(() => {})?.close();
  },
};
