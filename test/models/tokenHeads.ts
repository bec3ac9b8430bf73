import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { SafetensorsFile } from "../../src/checkpoint/SafetensorsFile";
import { saveCheckpoint } from "../../src/checkpoint/saveCheckpoint";
import { labelFields } from "../../src/models/labelFields";
import { makeFolder } from "../checkpoint/madeByHand";

/** What Transformers computes with a head of random numbers; make.py beside it says how. */
export interface Expected {
  architecture: string;
  parameters: [string, number[]][];
  inputs: { input_ids: number[][]; attention_mask: number[][]; labels: number[] };
  logits: number[][];
  loss: number;
  gradients: Record<string, { norm: number; first: number[] }>;
  frozen: string[];
  trained: number[][];
}

const heads = join(__dirname, "../fixtures/tokenClassification");
export const expected: Record<string, Expected> = JSON.parse(
  readFileSync(join(heads, "expected.json"), "utf8"),
);
export const LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"];

/** A checkpoint of a family with a head for tokens, as Python saves one. */
export async function withTokenHead(family: string): Promise<string> {
  const checkpoint = openCheckpoint(join(__dirname, "../fixtures/models", family));
  const head = SafetensorsFile.open(join(heads, `${family}.safetensors`));
  const wanted = new Set(expected[family].parameters.map(([name]) => name));
  const own = [...head.tensors.values()].map(({ name, shape }) => ({
    name,
    shape,
    data: () => head.readFloat32(name),
  }));
  const others = [...checkpoint.tensors.values()]
    .filter(({ name }) => wanted.has(name) && !head.tensors.has(name))
    .map(({ name, shape }) => ({ name, shape, data: () => checkpoint.readFloat32(name) }));
  const folder = join(makeFolder(), "model");
  await saveCheckpoint(folder, {
    config: { ...checkpoint.config, ...labelFields(LABELS), architectures: [expected[family].architecture] },
    tensors: [...others, ...own],
  });
  checkpoint.close();
  head.close();
  return folder;
}
