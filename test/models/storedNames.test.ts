import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { saveCheckpoint } from "../../src/checkpoint/saveCheckpoint";
import { useEngine } from "../../src/engine/useEngine";
import { FAMILIES } from "../../src/models/families";
import { maskedLmHead } from "../../src/models/maskedLmHead";
import { storedNames } from "../../src/models/storedNames";
import { makeFolder, safetensorsBytes } from "../checkpoint/madeByHand";
import { fixture } from "./againstPyTorch";

const image = join(__dirname, "../fixtures/models/resnet18-narrow");

type Rename = (name: string) => string | string[] | null;

/** A checkpoint under other names, some of them left out or given twice, with other fields in its config. */
async function renamed(from: string, rename: Rename, fields: object = {}): Promise<string> {
  const checkpoint = openCheckpoint(from);
  const tensors = [...checkpoint.tensors.values()].flatMap(({ name, shape }) =>
    [rename(name) ?? []].flat().map((other) => ({
      name: other,
      shape,
      data: () => checkpoint.readFloat32(name),
    })),
  );
  const folder = join(makeFolder(), "model");
  await saveCheckpoint(folder, { config: { ...checkpoint.config, ...fields }, tensors });
  checkpoint.close();
  return folder;
}

async function contents(folder: string, log: (line: string) => void = assert.fail) {
  const model = await Auto.fromPretrained(folder, { log });
  const values = await Promise.all(
    model.namedParameters().map(async ([name, parameter]) => [name, await parameter.data()] as const),
  );
  model.dispose();
  return Object.fromEntries(values);
}

describe("A checkpoint's names", () => {
  before(async () => {
    await useEngine("onnxruntime");
  });

  for (const { modelType, prefix } of FAMILIES) {
    const { folder } = fixture(modelType);
    const inner = `${prefix}.`;
    for (const wrapped of [
      "module.",
      "model.",
      "_orig_mod.",
      "module._orig_mod.",
      "model._orig_mod.module.",
      "net.",
    ])
      it(`${modelType}: are found behind ${wrapped}`, async () => {
        const expected = await contents(folder);
        assert.deepEqual(await contents(await renamed(folder, (name) => wrapped + name)), expected);
      });

    it(`${modelType}: are found behind what wraps a part of the model: its encoder, a block`, async () => {
      const expected = await contents(folder);
      const compiled = await renamed(folder, (name) =>
        name.startsWith(inner) ? `${inner}_orig_mod.${name.slice(inner.length)}` : name,
      );
      assert.deepEqual(await contents(compiled), expected);
      const sharded = await renamed(folder, (name) =>
        name.replace(/(layers?\.0)\./, "$1._fsdp_wrapped_module._checkpoint_wrapped_module."),
      );
      assert.deepEqual(await contents(sharded), expected);
    });

    it(`${modelType}: are found where an encoder without its head is a part of another model, whose own head is left`, async () => {
      const notes: string[] = [];
      const bare = await renamed(folder, (name) =>
        name.startsWith(inner) ? `backbone.${name.slice(inner.length)}` : `own.${name}`,
      );
      const [found, expected] = [await contents(bare, (line) => notes.push(line)), await contents(folder)];
      for (const name of Object.keys(expected).filter((name) => name.startsWith(inner)))
        assert.deepEqual(found[name], expected[name], name);
      assert.match(notes[0], /^newly initialised: /);
      assert.match(notes[1], /^not used from the checkpoint: own\./);
    });

    it(`${modelType}: an empty file is refused, and one of a model that has nothing in common with it`, async () => {
      await assert.rejects(Auto.fromPretrained(await renamed(folder, () => null)), {
        name: "InputError",
        message: new RegExp(
          `: expected weights of ${modelType}, as config\\.json says, got 0 of the \\d+ tensors of its encoder, by name and shape: it holds no tensor at all$`,
        ),
      });
      await assert.rejects(
        Auto.fromPretrained(
          await renamed(
            folder,
            (name) => (/embeddings/.test(name) ? name : `lstm.${name.length}`) && `lstm.${name}.cell`,
          ),
        ),
        /got 0 of the \d+ tensors of its encoder, by name and shape: it holds lstm\..* and \d+ more$/,
      );
    });
  }

  it("are taken from under another family's name where no other family has such names inside", async () => {
    for (const name of ["deberta-v2", "distilbert"]) {
      const { folder } = fixture(name);
      const wrapped = await renamed(folder, (tensor) => tensor.replace(/^(deberta|distilbert)\./, "bert."));
      const [model, plain] = await Promise.all(
        [wrapped, folder].map((each) => Auto.fromPretrained(each, { seed: 0, log: () => {} })),
      );
      for (const [parameter, { value }] of plain.namedParameters())
        assert.deepEqual(model.parameter(parameter).value.dataSync(), value.dataSync(), parameter);
      for (const each of [model, plain]) each.dispose();
    }
  });

  it("of a family are refused under another's config, told by name", async () => {
    const roberta = await renamed(fixture("roberta").folder, (name) => name, {
      model_type: "bert",
      max_position_embeddings: 64,
      type_vocab_size: 1,
    });
    await assert.rejects(Auto.fromPretrained(roberta), {
      name: "InputError",
      message: `${roberta}: its weights are called roberta.embeddings.word_embeddings.weight and the like, which is another family's than config.json's model_type; expected bert.… or no family's name`,
    });
    const wrapped = await renamed(fixture("bert").folder, (name) => `model.${name}`, {
      model_type: "electra",
    });
    await assert.rejects(Auto.fromPretrained(wrapped), /are called model\.bert\.embeddings/);
    const other = await renamed(fixture("distilbert").folder, (name) => name);
    copyFileSync(join(fixture("bert").folder, "config.json"), join(other, "config.json"));
    await assert.rejects(Auto.fromPretrained(other), /expected weights of bert, .* got 0 of the 53 tensors/);
  });

  it("are refused where less than half of the encoder fits; where more does, the rest is drawn and told", async () => {
    const { folder } = fixture("bert");
    const tables = await renamed(folder, (name) => (/embeddings|layer\.0\./.test(name) ? name : null));
    await assert.rejects(Auto.fromPretrained(tables, { ignoreMismatchedSizes: true }), {
      name: "InputError",
      message: /got 21 of the 53 tensors of its encoder, by name and shape: it holds bert\.embeddings\./,
    });
    const notes: string[] = [];
    await contents(await renamed(folder, (name) => (/layer\.2\./.test(name) ? null : name)), (line) =>
      notes.push(line),
    );
    assert.match(notes[0], /^newly initialised: bert\.encoder\.layer\.2\./);
    assert.deepEqual(notes.slice(1), [
      "the checkpoint holds 37 of the 53 tensors of its encoder; the others are drawn from the seed",
    ]);
  });

  it("count as fitting in their shape alone, so that nothing is drawn for an encoder of another size", async () => {
    const wide = await renamed(fixture("bert").folder, (name) => name, { hidden_size: 48 });
    await assert.rejects(
      Auto.fromPretrained(wide, { ignoreMismatchedSizes: true }),
      /got \d of the 53 tensors/,
    );
  });

  it("of two encoders are refused, unless one of them is called as the family is", async () => {
    const { folder } = fixture("bert");
    const twice = await renamed(folder, (name) => [`query.${name}`, `passage.${name}`]);
    await assert.rejects(Auto.fromPretrained(twice), {
      name: "InputError",
      message:
        /its weights hold several encoders, under (query|passage)\.bert\. and (query|passage)\.bert\.; expected one/,
    });
    const averaged = await renamed(folder, (name) => [name, `ema.${name}`]);
    assert.deepEqual(await contents(averaged, () => {}), await contents(folder));
    const both = await renamed(folder, (name) => [name, `module.${name}`]);
    await assert.rejects(
      Auto.fromPretrained(both),
      /hold both (module\.)?bert\.\S+ and (module\.)?bert\.\S+, which are one tensor's names/,
    );
  });

  it("of a parameter that is called gamma or beta are that parameter's, in a head of one's own too", async () => {
    const head = {
      parameters: ({ hidden, numLabels }: { hidden: number; numLabels: number }) => ({
        "out.weight": [hidden, numLabels],
        gamma: [hidden],
        weight: [hidden],
        beta: [1],
        "module.bias": [numLabels],
      }),
      forward: () => {
        throw new Error("not run");
      },
    };
    const { folder } = fixture("bert");
    const model = await Auto.fromPretrained(folder, { head, seed: 3, log: () => {} });
    const saved = join(makeFolder(), "saved");
    await model.savePretrained(saved);
    const again = await Auto.fromPretrained(saved, { head, seed: 4, log: assert.fail });
    for (const [name, parameter] of model.namedParameters())
      assert.deepEqual(await again.parameter(name).data(), await parameter.data(), name);
    assert.deepEqual(again.newlyInitialized, []);
    model.dispose();
    again.dispose();
  });

  it("of adapters that are not merged are refused, and so are weights that are whole numbers", async () => {
    const { folder } = fixture("bert");
    const query = /query\.(weight|bias)$/;
    const adapted = await renamed(folder, (name) => {
      const inner = `base_model.model.${name}`;
      return query.test(name) ? [inner.replace(query, "query.base_layer.$1"), `${inner}.lora_A`] : inner;
    });
    await assert.rejects(Auto.fromPretrained(adapted), {
      name: "InputError",
      message:
        /its weights hold base_model\.model\.bert\.\S+, an adapter's that is not merged; expected whole weights/,
    });
    const source = openCheckpoint(folder);
    const header: Record<string, object> = {};
    let end = 0;
    for (const [name, { shape }] of source.tensors) {
      const bytes = shape.reduce((a, b) => a * b, 1) * (name === "bert.pooler.dense.weight" ? 1 : 4);
      const dtype = name === "bert.pooler.dense.weight" ? "I8" : "F32";
      header[name] = { dtype, shape, data_offsets: [end, end + bytes] };
      end += bytes;
    }
    source.close();
    const quantized = makeFolder();
    copyFileSync(join(folder, "config.json"), join(quantized, "config.json"));
    writeFileSync(join(quantized, "model.safetensors"), safetensorsBytes(header, new Uint8Array(end)));
    await assert.rejects(Auto.fromPretrained(quantized), {
      name: "InputError",
      message: `bert.pooler.dense.weight: expected floating-point numbers, got I8 in ${join(quantized, "model.safetensors")}: quantized weights are not supported`,
    });
  });

  it("of a norm's old parameters are found beside those of the new ones", () => {
    const shape = [2];
    const stored = new Map(
      ["bert.LayerNorm.gamma", "bert.LayerNorm.beta", "bert.layer.gamma", "bert.layer.weight"].map((name) => [
        name,
        { shape },
      ]),
    );
    const wanted = ["bert.LayerNorm.weight", "bert.layer.weight"].map((name) => ({ name, shape }));
    const { of, fitting } = storedNames(stored, wanted, "bert", "here");
    assert.equal(of("bert.LayerNorm.weight"), "bert.LayerNorm.gamma");
    assert.equal(of("bert.LayerNorm.bias"), "bert.LayerNorm.beta");
    assert.equal(of("bert.layer.gamma"), "bert.layer.gamma");
    assert.equal(of("bert.layer.weight"), "bert.layer.weight");
    assert.equal(of("bert.layer.bias"), undefined);
    assert.equal(fitting, 2);
  });

  it("of a head for masked words are found behind a wrapper and under old names too", async () => {
    const { folder } = fixture("bert");
    const wrapped = await renamed(folder, (name) => `module.${name}`);
    const model = await Auto.fromPretrained(wrapped, { log: assert.fail });
    const source = openCheckpoint(wrapped);
    const tensors = new Map(source.tensors);
    const dense = source.tensors.get("module.bert.pooler.dense.weight")!;
    const norm = source.tensors.get("module.bert.embeddings.LayerNorm.bias")!;
    tensors.set("module.cls.predictions.transform.dense.weight", dense);
    tensors.set("module.cls.predictions.transform.LayerNorm.beta", norm);
    const real: Record<string, string> = {
      "module.cls.predictions.transform.dense.weight": dense.name,
      "module.cls.predictions.transform.LayerNorm.beta": norm.name,
    };
    const head = maskedLmHead(model, { tensors, stored: (name) => source.stored(real[name] ?? name) }, 0);
    const values = new Map(head.parameters.map((parameter) => [parameter.name, parameter]));
    assert.deepEqual(
      await values.get("cls.predictions.transform.dense.weight")!.data(),
      source.readFloat32(dense.name),
    );
    assert.deepEqual(
      await values.get("cls.predictions.transform.LayerNorm.bias")!.data(),
      source.readFloat32(norm.name),
    );
    for (const parameter of head.parameters) parameter.dispose();
    source.close();
    model.dispose();
  });
});

describe("An image model's names", () => {
  const load = (folder: string, log: (line: string) => void = assert.fail) =>
    AutoModelForImageClassification.fromPretrained(folder, { log });

  for (const wrapped of ["module.", "model.", "_orig_mod.", "module.encoder."])
    it(`are found behind ${wrapped}, running statistics included`, async () => {
      const [model, other] = [await load(image), await load(await renamed(image, (name) => wrapped + name))];
      for (const [name, parameter] of [...model.namedParameters(), ...model.namedBuffers()]) {
        const twin = new Map([...other.namedParameters(), ...other.namedBuffers()]).get(name)!;
        assert.deepEqual(await twin.data(), await parameter.data(), name);
      }
      model.dispose();
      other.dispose();
    });

  it("are those of another model where none of them fits", async () => {
    await assert.rejects(load(await renamed(image, (name) => `resnet.encoder.${name.length}.${name}.x`)), {
      name: "InputError",
      message: /expected weights of resnet18, as config\.json says, got 0 of the 63 tensors of its encoder/,
    });
  });

  it("lack no running statistics, without which a norm would compute something else; the count may be missing", async () => {
    for (const kind of ["running_mean", "running_var"])
      await assert.rejects(
        load(await renamed(image, (name) => (name === `layer2.0.bn1.${kind}` ? null : name))),
        {
          name: "InputError",
          message: new RegExp(
            `: expected layer2\\.0\\.bn1\\.${kind} beside layer2\\.0\\.bn1\\.weight, got none: `,
          ),
        },
      );
    const old = await load(
      await renamed(image, (name) => (name.endsWith("num_batches_tracked") ? null : name)),
    );
    assert.deepEqual(old.newlyInitialized, []);
    old.dispose();
  });
});
