import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { bert } from "../../src/models/bert";
import { Config, type Take } from "../../src/models/Family";
import { type Initializer, initialValues } from "../../src/models/ParameterLoader";
import type { Parameter } from "../../src/nn/Parameter";
import { Random } from "../../src/random";
import { writeSafetensors } from "../checkpoint/writeSafetensors";
import { root } from "./blocks";

const INTENTS = [
  ...[
    "card_arrival",
    "card_payment_fee_charged",
    "cash_withdrawal_charge",
    "declined_cash_withdrawal",
    "exchange_rate",
  ],
  ...[
    "pending_top_up",
    "request_refund",
    "top_up_failed",
    "transfer_fee_charged",
    "transfer_timing",
    "verify_identity",
  ],
  "wrong_amount_of_cash_received",
];

/**
 * Fills a folder with the files that the pages' code names, each standing in for the real one: a small random BERT of six blocks, a
 * narrow ResNet, short tables, images of noise. What is not made here, the code of the pages has to make.
 */
export async function makeStandIns(folder: string): Promise<void> {
  // Where a program finds frostkit and its packages, as in a project that installed it.
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  smallBert(join(folder, "data/all-MiniLM-L6-v2"));
  smallBert(join(folder, "bert-base-uncased"));
  narrowResnet(join(folder, "timm/resnet18.a1_in1k"));
  for (const [name, perIntent] of [["train", 5] as const, ["valid", 2] as const]) {
    const table = labelledTable(name, perIntent);
    write(join(folder, `${name}.csv`), table);
    write(join(folder, `data/banking-intents/${name}.csv`), table);
  }
  const rows = Array.from({ length: 8 }, (_, i) => `${i + 1},"where is my card, it is day ${i}"\n`).join("");
  write(join(folder, "test.csv"), `id,text\n${rows}`);
  write(join(folder, "data/banking-intents/test.csv"), `id,text\n${rows}`);
  for (const name of ["cat", "dog"])
    for (let i = 0; i < 6; i++)
      await noise(join(folder, `pets/${name}/${i}.png`), i, name === "cat" ? 80 : 160);
  for (let i = 0; i < 2; i++) await noise(join(folder, `holidays/${i}.png`), i, 120);
}

function smallBert(folder: string): void {
  const config = {
    ...{
      model_type: "bert",
      architectures: ["BertModel"],
      vocab_size: 3000,
      hidden_size: 32,
      num_hidden_layers: 6,
    },
    ...{ num_attention_heads: 4, intermediate_size: 64, max_position_embeddings: 512, type_vocab_size: 2 },
    ...{ hidden_act: "gelu", initializer_range: 0.02, layer_norm_eps: 1e-12, pad_token_id: 0 },
    ...{ hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 },
  };
  const asked: { name: string; shape: number[]; initializer: Initializer }[] = [];
  // The family says what parameters there are; nothing is computed with them here. The head is left out, as in a published encoder.
  const take: Take = (name, shape, initializer) => {
    if (!name.startsWith("classifier.")) asked.push({ name, shape, initializer });
    return { name, shape } as unknown as Parameter;
  };
  const fields = new Config(config);
  bert.stages(fields, take, () => bert.head(fields, 2, take));
  mkdirSync(folder, { recursive: true });
  write(join(folder, "config.json"), JSON.stringify(config));
  const vocabulary = join(root, "test/fixtures/tokenizer/bert-base-uncased/vocab.txt");
  write(join(folder, "vocab.txt"), `${textOfLines(vocabulary, config.vocab_size)}\n`);
  writeSafetensors(
    join(folder, "model.safetensors"),
    asked.map(({ name, shape, initializer }) => ({
      name,
      shape,
      data: () => initialValues(name, shape, initializer, config.initializer_range, 0),
    })),
  );
}

function narrowResnet(folder: string): void {
  const from = join(root, "test/fixtures/models/resnet18-narrow");
  const config = JSON.parse(readFileSync(join(from, "config.json"), "utf8"));
  write(
    join(folder, "config.json"),
    JSON.stringify({ ...config, pretrained_cfg: { input_size: [3, 48, 48] } }),
  );
  copyFileSync(join(from, "model.safetensors"), join(folder, "model.safetensors"));
}

/** A table of short questions, the intents taking turns. */
function labelledTable(name: string, perIntent: number): string {
  const random = new Random("labelledTable", name);
  const words = [
    "my",
    "card",
    "was",
    "not",
    "the",
    "fee",
    "money",
    "today",
    "please",
    "why",
    "time",
    "account",
  ];
  const lines = Array.from({ length: perIntent * INTENTS.length }, (_, row) => {
    const intent = INTENTS[row % INTENTS.length];
    const rest = Array.from({ length: 4 }, () => words[random.integer(words.length)]);
    return `${row + 1},"${intent.replaceAll("_", " ")}, ${rest.join(" ")} ${row}",${intent}\n`;
  });
  return `id,text,target\n${lines.join("")}`;
}

async function noise(path: string, seed: number, brightness: number): Promise<void> {
  const random = new Random("noise", path.split("/").slice(-2).join("/"), seed);
  const side = 40;
  const pixels = Uint8Array.from({ length: side * side * 3 }, () =>
    Math.max(0, Math.min(255, brightness + 20 * random.normal())),
  );
  mkdirSync(dirname(path), { recursive: true });
  await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toFile(path);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const textOfLines = (path: string, count: number): string =>
  readFileSync(path, "utf8").split("\n").slice(0, count).join("\n");
