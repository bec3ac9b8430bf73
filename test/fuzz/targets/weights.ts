import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openCheckpoint } from "../../../src/checkpoint/openCheckpoint";
import { SafetensorsFile } from "../../../src/checkpoint/SafetensorsFile";
import { TorchFile } from "../../../src/checkpoint/torch/TorchFile";
import type { WeightFile } from "../../../src/checkpoint/WeightFile";
import { mutatedBytes, mutatedJson } from "../mutated";
import type { Target } from "../Target";

const fixtures = join(__dirname, "../../fixtures");

/** A header of these tensors and their bytes. */
function safetensors(header: object, bytes: number): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(bytes, 63)]);
}

const SMALL = safetensors(
  {
    __metadata__: { format: "pt" },
    weight: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
    half: { dtype: "BF16", shape: [4], data_offsets: [24, 32] },
    none: { dtype: "F16", shape: [0, 5], data_offsets: [32, 32] },
  },
  32,
);

function readAll(file: WeightFile): void {
  try {
    for (const name of file.tensors.keys()) file.readFloat32(name);
  } finally {
    file.close();
  }
}

export const safetensorsTarget: Target = {
  name: "safetensors",
  cases: mutatedBytes([SMALL]).map((bytes) => ({ "model.safetensors": bytes })),
  read: (folder) => readAll(SafetensorsFile.open(join(folder, "model.safetensors"))),
};

const pickles = readdirSync(join(fixtures, "torch"))
  .filter((name) => name.endsWith(".bin"))
  .map((name) => readFileSync(join(fixtures, "torch", name)));

export const torchTarget: Target = {
  name: "torch",
  cases: mutatedBytes(pickles).map((bytes) => ({ "pytorch_model.bin": bytes })),
  read: (folder) => readAll(TorchFile.open(join(folder, "pytorch_model.bin"))),
};

const INDEX = Buffer.from(
  JSON.stringify({
    metadata: { total_size: 32 },
    weight_map: { weight: "model-1.safetensors", half: "model-1.safetensors", none: "model-1.safetensors" },
  }),
);

export const shardsTarget: Target = {
  name: "shards",
  cases: mutatedJson([INDEX]).map((index) => ({
    "config.json": Buffer.from('{"model_type":"bert"}'),
    "model.safetensors.index.json": index,
    "model-1.safetensors": SMALL,
  })),
  read: (folder) => openCheckpoint(folder).close(),
};
