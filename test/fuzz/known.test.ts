// Inputs that brought this kit or other readers down, each a kind of its own: what they are, who reads them, and what is said of them. All
// are read in this one process; none may take more of its memory than MOST_BYTES, and one that never ends runs into the test's timeout.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { encodeImages } from "../../src/data/encodeImages";
import { imageFolder } from "../../src/data/imageFolder";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { readTable } from "../../src/data/readTable";
import { textDataset } from "../../src/data/textDataset";
import { useEngine } from "../../src/engine/useEngine";
import { readRecords } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { transformTo } from "../data/images";
import { fakeRecord } from "../sweep/fakeRecord";
import { writeTinyModel } from "../tinyInputs";
import { fault } from "./fault";

/** Of the whole process, its engine and the tests before included. */
const MOST_BYTES = 1.5e9;

const scratch = realpathSync(mkdtempSync(join(tmpdir(), "frostkit-known-")));
before(() => useEngine("cpu"));
after(() => rmSync(scratch, { recursive: true, force: true }));

let folders = 0;
/** An empty folder of its own. */
function empty(): string {
  const folder = join(scratch, String(++folders));
  mkdirSync(folder);
  return folder;
}

/** A tiny model's folder, one file of it another: its content, or what makes it. */
function modelWith(file: string, content: string | Buffer | ((path: string) => void), config = {}): string {
  const folder = empty();
  writeTinyModel(folder, config);
  if (file !== "config.json" && file !== "vocab.txt" && file !== "tokenizer.json")
    rmSync(join(folder, "model.safetensors"));
  rmSync(join(folder, file), { force: true });
  if (typeof content === "function") content(join(folder, file));
  else writeFileSync(join(folder, file), content);
  return folder;
}

const log = () => {};
const loadModel = async (folder: string) => {
  (await AutoModelForSequenceClassification.fromPretrained(folder, { log })).dispose();
};

/** Asserts that it is refused in one line that names the file or folder, as `message` has it, and in little memory. */
async function refuses(
  read: () => Promise<unknown> | unknown,
  folder: string,
  message: RegExp,
): Promise<void> {
  let thrown: unknown;
  try {
    await read();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown !== undefined, "it was read");
  assert.equal(fault(thrown, folder), null);
  assert.match((thrown as Error).message, message);
  assertLittleMemory();
}

function assertLittleMemory(): void {
  const { rss } = process.memoryUsage();
  assert.ok(rss < MOST_BYTES, `${rss} bytes`);
}

/** A zip archive of one entry as torch.save writes it, or with another method of compression or size in its directory. */
function archive(pickle: Buffer, { method = 0, bytes = pickle.length } = {}): Buffer {
  const name = Buffer.from("archive/data.pkl");
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(method, 8);
  local.writeUInt32LE(pickle.length, 18);
  local.writeUInt32LE(pickle.length, 22);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(pickle.length, 20);
  central.writeUInt32LE(bytes, 24);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + pickle.length, 16);
  return Buffer.concat([local, name, pickle, central, name, end]);
}

const pickled = (...parts: (string | number)[]) =>
  Buffer.concat([
    Buffer.from([0x80, 2]),
    ...parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : Buffer.from(part, "latin1"))),
  ]);

/** A pair of itself, doubled so often that its text would have 2^60 letters. */
const doubled = () =>
  [
    "]q\0",
    ...Array.from(
      { length: 60 },
      (_, i) => `](h${String.fromCharCode(i)}h${String.fromCharCode(i)}eq${String.fromCharCode(i + 1)}`,
    ),
  ].join("");

describe("Weights that are refused in one line", () => {
  const pickles: Record<string, { pickle: Buffer; method?: number; bytes?: number; message: RegExp }> = {
    "a global's name that grows without end": {
      pickle: pickled(`${doubled()}h<\x93.`),
      message: /it names what is no text$/,
    },
    "a state dict's key that grows without end": {
      pickle: pickled(`}${doubled()}h<Ns.`),
      message: /pytorch_model\.bin: /,
    },
    "20 MB of empty dicts": {
      pickle: pickled("}".repeat(20e6), "."),
      message: /more than 1000000 lists, tuples/,
    },
    "tuples within tuples, 300,000 deep": {
      pickle: pickled("(".repeat(300_000), "t".repeat(300_000), "."),
      message: /expected a state dict/,
    },
    "lists within lists, 300,000 deep": {
      pickle: pickled("]".repeat(300_000), "a".repeat(299_999), "."),
      message: /expected a state dict/,
    },
    "a pickle that its directory says is longer than the file": {
      pickle: pickled("}"),
      bytes: 20_000_000,
      message: /lies there as it is, 3 bytes, but should have 20000000/,
    },
    "a zip bomb": {
      pickle: Buffer.alloc(1000),
      method: 8,
      bytes: 2 ** 32 - 2,
      message: /is compressed, which torch\.save never does/,
    },
  };
  for (const [what, { pickle, message, ...written }] of Object.entries(pickles))
    it(what, async () => {
      const folder = modelWith("pytorch_model.bin", archive(pickle, written));
      await refuses(() => loadModel(folder), folder, message);
    });

  for (const [what, bytes] of [
    ["2^60 bytes", 2n ** 60n],
    ["2^64 - 1 bytes", 2n ** 64n - 1n],
    ["100 MB that are not there", 100_000_000n],
  ] as const)
    it(`a header that claims ${what}`, async () => {
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(bytes);
      const folder = modelWith("model.safetensors", Buffer.concat([length, Buffer.from("{}")]));
      await refuses(() => loadModel(folder), folder, /model\.safetensors: /);
    });

  for (const file of [
    "../../../etc/passwd",
    "/etc/passwd",
    "a/../../b.safetensors",
    "__proto__",
    "constructor",
  ])
    it(`an index that names ${file}`, async () => {
      const index = JSON.stringify({ weight_map: { "bert.embeddings.LayerNorm.bias": file } });
      const folder = modelWith("model.safetensors.index.json", index);
      await refuses(() => loadModel(folder), folder, /model\.safetensors\.index\.json/);
    });
});

describe("Configs that are refused before anything is built", () => {
  const configs: Record<string, Record<string, unknown>> = {
    "10^9 layers": { num_hidden_layers: 1e9 },
    "10^7 labels": { num_labels: 1e7, id2label: undefined, label2id: undefined },
    "100,000 names of labels": {
      id2label: Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [i, `label ${i}`])),
      label2id: undefined,
    },
    "a hidden size of 10^9": { hidden_size: 1e9 },
    "a vocabulary of 10^12": { vocab_size: 1e12 },
    "10^9 positions": { max_position_embeddings: 1e9 },
    "no heads": { num_attention_heads: 0 },
    "an activation called constructor": { hidden_act: "constructor" },
    "a family called __proto__": { model_type: "__proto__" },
    "a family called constructor": { model_type: "constructor" },
  };
  for (const [what, config] of Object.entries(configs))
    it(what, async () => {
      const folder = empty();
      writeTinyModel(folder, config);
      await refuses(() => loadModel(folder), folder, /expected|asks for|not supported/);
    });

  for (const [what, text] of [
    ["lists", `${"[".repeat(200_000)}${"]".repeat(200_000)}`],
    ["objects", `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`],
  ])
    it(`${what} nested 200,000 deep`, async () => {
      const folder = modelWith("config.json", text);
      await refuses(() => loadModel(folder), folder, /config\.json: expected JSON, .* at most 100 deep/);
    });
});

describe("Files that are no files", { skip: process.platform === "win32" && "no FIFO or device" }, () => {
  const makes = {
    "a pipe": (path: string) => void execFileSync("mkfifo", [path]),
    "a device without end": (path: string) => symlinkSync("/dev/zero", path),
    "a folder": (path: string) => void mkdirSync(path),
    "a link to itself": (path: string) => symlinkSync(path, path),
  };
  const reads: Record<string, (folder: string) => Promise<unknown> | unknown> = {
    "model.safetensors": loadModel,
    "pytorch_model.bin": loadModel,
    "model.safetensors.index.json": loadModel,
    "config.json": loadModel,
    "vocab.txt": loadTokenizer,
    "tokenizer.json": loadTokenizer,
    "train.csv": (folder) => readTable(join(folder, "train.csv")),
    "train.jsonl": (folder) => readTable(join(folder, "train.jsonl")),
    "records.jsonl": (folder) => readRecords(join(folder, "records.jsonl"), log),
  };
  for (const [what, make] of Object.entries(makes))
    for (const [file, read] of Object.entries(reads))
      it(`${what} in the place of ${file}`, async () => {
        const folder = modelWith(file, make);
        await refuses(() => read(folder), folder, /expected|not|no /);
      });
});

describe("Tables and records of a size that brings readers down", () => {
  // 200 MB take seconds: FROSTKIT_LONG=1 reads as many.
  const megabytes = process.env.FROSTKIT_LONG === "1" ? 200 : 20;
  it(`a field of ${megabytes} MB is read`, async () => {
    const path = join(empty(), "train.csv");
    writeFileSync(path, `text,label\n"${"ice ".repeat(megabytes * 250_000)}",a\nsnow,b\n`);
    const { rows } = await readTable(path);
    assert.equal(rows[0].text!.length, megabytes * 1e6);
    assertLittleMemory();
  });

  it("10,000 classes are read as 10,000 classes", async () => {
    const path = join(empty(), "train.csv");
    writeFileSync(
      path,
      `text,label\n${Array.from({ length: 10_000 }, (_, i) => `ice ${i},class ${i}\n`).join("")}`,
    );
    const { labels } = textDataset(await readTable(path), { label: "label", log });
    assert.equal(labels!.classes!.length, 10_000);
    assertLittleMemory();
  });

  it("5,000 columns are read as 5,000 columns", async () => {
    const path = join(empty(), "train.csv");
    const columns = Array.from({ length: 5000 }, (_, i) => `c${i}`);
    writeFileSync(path, `text,label,${columns}\n${`ice,a,${columns}\nsnow,b,${columns}\n`.repeat(10)}`);
    const table = await readTable(path);
    assert.equal(table.columns.length, 5002);
    assert.equal(textDataset(table, { label: "label", log }).texts.length, 20);
    assertLittleMemory();
  });

  it("columns may be called as what every object has, and hold what they hold", async () => {
    const path = join(empty(), "train.csv");
    const names = ["constructor", "__proto__", "toString", "hasOwnProperty"];
    writeFileSync(path, `text,${names}\n${"ice,a,b,c,d\nsnow,e,f,g,h\n".repeat(4)}`);
    const table = await readTable(path);
    assert.deepEqual(table.columns, ["text", ...names]);
    for (const name of names) {
      const { labels } = textDataset(table, { label: name, log });
      assert.equal(labels!.classes!.length, 2, name);
    }
  });

  it("200,000 records overflow no stack", () => {
    const path = join(empty(), "records.jsonl");
    const parts = JSON.stringify(fakeRecord({ trial: "777", seed: 777 })).split("777");
    writeFileSync(
      path,
      Array.from({ length: 200_000 }, (_, seed) => `${parts.join(String(seed))}\n`).join(""),
    );
    const records = readRecords(path, log);
    assert.equal(records.length, 200_000);
    const [{ score }] = summarize(records);
    assert.ok(Math.abs(score.mean - 0.8) < 1e-9, String(score.mean));
    assertLittleMemory();
  });
});

it("An image whose header claims more pixels than memory has is refused by name", async () => {
  const folder = empty();
  const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } });
  const whole = await picture.png().toBuffer();
  const bomb = Buffer.from(whole);
  for (const place of [16, 20]) bomb.writeUInt32BE(2 ** 31 - 1, place);
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
  for (const [name, bytes] of Object.entries({ "a/bomb.png": bomb, "b/whole.png": whole })) {
    mkdirSync(join(folder, dirname(name)));
    writeFileSync(join(folder, name), bytes);
  }
  const rows = await imageFolder(folder, { log });
  await refuses(() => encodeImages(rows, transformTo(8), {}), folder, /cannot be decoded: .*bomb\.png /);
});

it("No name in a file changed what every object has", () => {
  assert.deepEqual(Object.keys(Object.prototype), []);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});
