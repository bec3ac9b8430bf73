import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, mock, test } from "node:test";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import ts from "@tslab/typescript-for-tslab";
import { FrostError as FrostErrorOfTheKit } from "../src/errors";
import {
  adapters,
  closeNames,
  FreezeError,
  FrostError,
  type FrostStage,
  freezeWhere,
  listParams,
  type NamedParameter,
  type ParameterModel,
  topNLayerFreeze,
  topNLayerUnfreeze,
  unfreezeWhere,
} from "../src/freeze";

/** A model that is nothing but its parameters. */
function modelOf(shapes: Record<string, number[]>, stages?: FrostStage[]) {
  const parameters = new Map(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, requiresGrad: true } as NamedParameter]),
  );
  const model: ParameterModel = { namedParameters: () => parameters };
  if (stages) model.frostStages = () => stages;
  return { ...model, parameters };
}

function frozenNames(model: ParameterModel): string[] {
  return [...model.namedParameters()].filter(([, { requiresGrad }]) => !requiresGrad).map(([name]) => name);
}

/** What the function says by console.warn. */
function warnings(run: () => unknown): string[] {
  const warn = mock.method(console, "warn", () => {});
  try {
    run();
    return warn.mock.calls.map(({ arguments: [message] }) => message);
  } finally {
    warn.mock.restore();
  }
}

// Names and shapes as PyTorch lists them for models of three blocks (a resnet18 of four stages),
// and which the recipe freezes for n = 1 (albert: n = 0).
const families: Record<string, { shapes: Record<string, number[]>; frozen: string[] }> = JSON.parse(
  readFileSync(join(__dirname, "fixtures", "parameterNames.json"), "utf8"),
);
const bert = () => modelOf(families.bert.shapes);

const small = () =>
  modelOf({
    "conv1.weight": [8, 3, 7, 7],
    "bn1.weight": [8],
    "fc.weight": [1000, 8],
    "fc.bias": [1000],
    temperature: [],
  });

test("A FreezeError belongs to the kit's one family of errors", () => {
  const error = new FreezeError("no");
  assert.ok(error instanceof FrostError && error instanceof Error);
  assert.equal(error.name, "FreezeError");
  assert.equal(FrostError, FrostErrorOfTheKit, "the class that the rest of the kit throws");
});

describe("listParams", () => {
  test("lists name, shape, size and requiresGrad in checkpoint order", () => {
    const model = small();
    model.parameters.get("conv1.weight")!.requiresGrad = false;
    assert.deepEqual(
      [...listParams(model)],
      [
        { name: "conv1.weight", shape: [8, 3, 7, 7], size: 1176, requiresGrad: false },
        { name: "bn1.weight", shape: [8], size: 8, requiresGrad: true },
        { name: "fc.weight", shape: [1000, 8], size: 8000, requiresGrad: true },
        { name: "fc.bias", shape: [1000], size: 1000, requiresGrad: true },
        { name: "temperature", shape: [], size: 1, requiresGrad: true },
      ],
    );
    assert.deepEqual(
      listParams(bert()).map((row) => row.name),
      Object.keys(families.bert.shapes),
    );
  });

  test("prints as an aligned table that ends with what is trainable, frozen and in all", () => {
    const model = small();
    freezeWhere(model, "1.");
    const table = listParams(model);
    assert.equal(
      table.toString(),
      [
        "name          shape          size  requiresGrad",
        "conv1.weight  [8, 3, 7, 7]  1,176  false",
        "bn1.weight    [8]               8  false",
        "fc.weight     [1000, 8]     8,000  true",
        "fc.bias       [1000]        1,000  true",
        "temperature   []                1  true",
        "trainable 9,001 (88.4 %, 3 tensors) / frozen 1,184 (11.6 %, 2 tensors) / total 10,185",
      ].join("\n"),
    );
    assert.equal(inspect(table), table.toString(), "which is what console.log and a notebook cell show");
  });

  test("is an array of plain rows otherwise", () => {
    const table = listParams(small());
    assert.equal(table.length, 5);
    assert.equal(table[1].name, "bn1.weight");
    assert.deepEqual(
      table.filter((row) => row.size > 1000).map((row) => row.name),
      ["conv1.weight", "fc.weight"],
    );
    assert.deepEqual(JSON.parse(JSON.stringify(table))[4], {
      name: "temperature",
      shape: [],
      size: 1,
      requiresGrad: true,
    });
  });

  test("is a picture of the moment: changing a row changes no parameter", () => {
    const model = small();
    const [row] = listParams(model);
    row.requiresGrad = false;
    row.shape[0] = 0;
    assert.deepEqual(model.parameters.get("conv1.weight"), { shape: [8, 3, 7, 7], requiresGrad: true });
  });

  test("takes a pattern and then counts what it shows", () => {
    const table = listParams(small(), "fc.");
    assert.deepEqual(
      table.map((row) => row.name),
      ["fc.weight", "fc.bias"],
    );
    assert.deepEqual(table.totals, { trainable: 9000, frozen: 0, total: 9000 });
    assert.throws(() => listParams(small(), "fd."), FreezeError);
  });

  test("counts a tied weight once and says what it is tied to", () => {
    const model = small();
    model.parameters.set("head.weight", model.parameters.get("fc.weight")!);
    const table = listParams(model);
    assert.equal(table[5].tiedTo, "fc.weight");
    assert.deepEqual(table.totals, { trainable: 10185, frozen: 0, total: 10185 });
    assert.match(table.toString(), /^head\.weight +\[1000, 8\] +8,000 {2}true +tied to fc\.weight$/m);
    assert.deepEqual(listParams(model, "head").totals, { trainable: 8000, frozen: 0, total: 8000 });
  });
});

describe("freezeWhere", () => {
  test("freezes by part of a name, as the PyTorch recipe does, and returns the names", () => {
    const model = bert();
    const names = freezeWhere(model, "embeddings.");
    assert.deepEqual(names, [
      "bert.embeddings.word_embeddings.weight",
      "bert.embeddings.position_embeddings.weight",
      "bert.embeddings.token_type_embeddings.weight",
      "bert.embeddings.LayerNorm.weight",
      "bert.embeddings.LayerNorm.bias",
    ]);
    assert.deepEqual(frozenNames(model), names);
  });

  test("reads a string with * ? [ or { as a glob over the whole name, in which * crosses dots", () => {
    const matched = (glob: string) => freezeWhere(bert(), glob);
    assert.equal(matched("bert.encoder.layer.*.attention.*").length, 3 * 10);
    assert.ok(
      matched("bert.encoder.layer.*.attention.*").includes(
        "bert.encoder.layer.2.attention.self.query.weight",
      ),
    );
    assert.deepEqual(matched("bert.encoder.layer.?.attention.self.{query,key}.bias"), [
      "bert.encoder.layer.0.attention.self.query.bias",
      "bert.encoder.layer.0.attention.self.key.bias",
      "bert.encoder.layer.1.attention.self.query.bias",
      "bert.encoder.layer.1.attention.self.key.bias",
      "bert.encoder.layer.2.attention.self.query.bias",
      "bert.encoder.layer.2.attention.self.key.bias",
    ]);
    const query = (i: number) => `bert.encoder.layer.${i}.attention.self.query.bias`;
    assert.deepEqual(matched("*.layer.[0-1].*.query.bias"), [query(0), query(1)]);
    assert.deepEqual(matched("*.layer.[!02].*.query.bias"), [query(1)]);
    assert.deepEqual(matched("{classifier,*.pooler.{dense,other}}.bias"), [
      "bert.pooler.dense.bias",
      "classifier.bias",
    ]);
    assert.deepEqual(matched("*.word_*"), ["bert.embeddings.word_embeddings.weight"]);
    assert.throws(() => matched("bert.embeddings.word_*s"), FreezeError);
  });

  test("takes every other character of a glob as it stands", () => {
    const model = modelOf({ "a.b/w:0": [1], "aXb/w:0": [1], "a+b,(c)|^$\\/w:0": [1], "a}]b/w:0": [1] });
    assert.deepEqual(freezeWhere(model, "a.b*"), ["a.b/w:0"]);
    assert.deepEqual(freezeWhere(model, "a+b,(c)|^$\\*"), ["a+b,(c)|^$\\/w:0"]);
    assert.deepEqual(freezeWhere(model, "a}]*"), ["a}]b/w:0"]);
    assert.deepEqual(freezeWhere(model, "a[]}.]b*"), ["a.b/w:0"]);
    assert.deepEqual(freezeWhere(modelOf({ "a^b": [1], "a.b": [1], "a\\b": [1] }), "a[^\\]b"), [
      "a^b",
      "a\\b",
    ]);
  });

  test("says what is wrong with a malformed glob", () => {
    const rejects = (glob: string, message: RegExp) =>
      assert.throws(() => freezeWhere(bert(), glob), { name: "FreezeError", message });
    rejects("bert.encoder.layer.[01", /glob "bert\.encoder\.layer\.\[01": \[ is not closed/);
    rejects("*.{query,key", /\{ is not closed/);
    rejects("*.layer.[2-0].*", /a range in \[ \] runs backwards/);
  });

  test("takes a RegExp, whatever its flags, and keeps no state in it", () => {
    const pattern = /LAYERNORM\.(weight|bias)$/gi;
    pattern.lastIndex = 7;
    const first = freezeWhere(bert(), pattern);
    assert.equal(first.length, 14);
    assert.equal(pattern.lastIndex, 7);
    assert.deepEqual(freezeWhere(bert(), pattern), first);
    assert.deepEqual(freezeWhere(bert(), /LayerNorm/), first);
    assert.deepEqual(freezeWhere(bert(), /classifier/y), ["classifier.weight", "classifier.bias"]);
    assert.throws(
      () => freezeWhere(bert(), /LayerNorm/y),
      FreezeError,
      "sticky: at the start of the name only",
    );
  });

  test("takes a predicate on name and parameter, asked once for each before anything changes", () => {
    const model = small();
    const seen: [string, boolean][] = [];
    const names = freezeWhere(model, (name, { shape, requiresGrad }) => {
      seen.push([name, requiresGrad]);
      return shape.length === 1;
    });
    assert.deepEqual(names, ["bn1.weight", "fc.bias"]);
    assert.deepEqual(
      seen,
      Object.keys(Object.fromEntries(model.parameters)).map((name) => [name, true]),
    );
  });

  test("rejects a predicate that does not answer true or false, such as an async one", () => {
    const model = small();
    const later = (async () => false) as unknown as () => boolean;
    assert.throws(() => freezeWhere(model, later), {
      name: "FreezeError",
      message: "the predicate has to return true or false, for conv1.weight it returned [object Promise]",
    });
    assert.deepEqual(frozenNames(model), []);
  });

  test("is idempotent and leaves the rest as it is", () => {
    const model = bert();
    model.parameters.get("classifier.bias")!.requiresGrad = false;
    const once = freezeWhere(model, "query");
    const after = frozenNames(model);
    assert.deepEqual(freezeWhere(model, "query"), once);
    assert.deepEqual(frozenNames(model), after);
    assert.deepEqual(after, [...once, "classifier.bias"]);
  });

  test("throws on a pattern that matches nothing, names what is close, and freezes nothing", () => {
    const model = bert();
    const says = (which: string | RegExp | (() => boolean), message: RegExp) =>
      assert.throws(() => freezeWhere(model, which), { name: "FreezeError", message });
    says(
      "bert.encoder.layers.0.attention.self.query.weight",
      /^no parameter matches "bert\.encoder\.layers\.0\.attention\.self\.query\.weight"; close: bert\.encoder\.layer\.0\.attention\.self\.query\.weight, /,
    );
    says("clasifier", /close: classifier\.weight, classifier\.bias$/);
    says("layernorm.weight", /close: bert\.embeddings\.LayerNorm\.weight, .*LayerNorm\.weight/);
    says("*.atention.*", /close: bert\.encoder\.layer\.0\.attention\./);
    says(/^bert\.encodr\.layer\.\d+\./, /matches \/\^bert\\\.encodr.*; close: bert\.encoder\.layer\.0\./);
    says("vit.patchify", /; the 57 names begin bert\.embeddings\.word_embeddings\.weight, bert\./);
    says(() => false, /^the predicate is false for all 57 parameters$/);
    assert.deepEqual(frozenNames(model), []);
  });

  test("says so when only the missing * kept a glob from matching", () => {
    assert.throws(() => freezeWhere(bert(), "encoder.layer.[01].*"), {
      message:
        'no parameter matches "encoder.layer.[01].*": a glob covers the whole name, "*encoder.layer.[01].*" would match',
    });
  });

  test("throws on an empty string, which every name contains, and on what is no pattern", () => {
    for (const which of ["", undefined, null, 3, ["query"], {}])
      assert.throws(() => freezeWhere(bert(), which as string), {
        name: "FreezeError",
        message: /^pattern: expected part of a name, a glob, a RegExp or a predicate, got /,
      });
  });

  test("warns that layer.1 is also layer.10", () => {
    const deep = () =>
      modelOf(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`encoder.layer.${i}.weight`, [1]])));
    assert.deepEqual(
      warnings(() => freezeWhere(deep(), "layer.1")),
      [
        'frostkit: "layer.1" also matches encoder.layer.10.weight; end the pattern with what follows the number',
      ],
    );
    assert.deepEqual(
      warnings(() => {
        assert.deepEqual(freezeWhere(deep(), "layer.1."), ["encoder.layer.1.weight"]);
        freezeWhere(deep(), "layer.10");
        freezeWhere(modelOf({ "layer.10": [1], "layer.11": [1], bias: [1] }), "layer.1");
      }),
      [],
    );
  });

  test("warns of any pattern whose number runs on, and of none that says what follows it", () => {
    const deep = () =>
      modelOf(
        Object.fromEntries(
          Array.from({ length: 12 }, (_, i) => [
            [`bert.encoder.layer.${i}.attention.weight`, [1]],
            [`bert.encoder.layer.${i}.output.bias`, [1]],
          ]).flat(),
        ),
      );
    for (const which of [
      ...[
        /layer\.[0-5]/,
        /layer\.[0-5]/gi,
        /layer\.(0|1)/,
        /layer\.[0-5].*weight/,
        /^bert\.encoder\.layer\.\d/,
        /layer\.\d.*weight/,
        /layer\.(\d).+?(?<what>weight|bias)$/,
        /layer\.[0-9][\s\S]*bias/u,
        /(layer\.\d|pooler).{2,}weight/,
        /layer\.\d(?=.*weight)/,
      ],
      ...["*layer.[0-5]*", "*layer.[0-9]*", "bert.encoder.layer.{0,1}*", "*.layer.1*bias", "layer.1"],
    ])
      assert.match(
        warnings(() => freezeWhere(deep(), which))[0],
        /^frostkit: .* also matches bert\.encoder\.layer\.1[01]\..*; end the pattern with what follows the number$/,
        `${which}`,
      );
    for (const which of [
      ...[
        /layer\.[0-5]\./,
        /layer\.(1|10|11)\./,
        /layer\.\d+\./,
        /layer\.(\d|1[01])\./,
        /layer\.1\d\./,
        /weight$/,
        /layer\.\d+.*weight/,
        /layer\.\d{1,2}.*weight/,
        /layer\.(\d)(\d)\..*weight/,
        /layer\..*weight/,
        /layer\.(\d)\1.*weight/,
        /layer[.]\d[.].*weight/,
      ],
      ...["*layer.[0-5].*", "*layer.?.*", "*layer.1?.*", "*", "layer.", "layer.1.", "layer.11", "*bias"],
      (name: string) => name.includes("layer.1"),
    ])
      assert.deepEqual(
        warnings(() => freezeWhere(deep(), which)).filter((line) => !line.includes("every parameter")),
        [],
        `${which}`,
      );
  });

  test("says which adapters and which random weights it froze, unless all are random", () => {
    const made = () => {
      const model = modelOf({
        "layer.0.weight": [2],
        "layer.0.lora_A.weight": [1],
        "pooler.weight": [2],
        "out.weight": [1],
      });
      Object.assign(model.parameters.get("layer.0.lora_A.weight")!, { origin: "adapter" });
      Object.assign(model.parameters.get("pooler.weight")!, { origin: "drawn" });
      return model;
    };
    assert.deepEqual(
      warnings(() => {
        const model = made();
        for (let i = 0; i < 2; i++) freezeWhere(model, /layer|pooler/);
      }),
      [
        'frostkit: adapters are frozen with the rest: layer.0.lora_A.weight; unfreezeWhere(model, ".lora_") lets them learn',
        "frostkit: frozen at the random values that they were drawn with: pooler.weight",
      ],
    );
    assert.equal(warnings(() => freezeWhere(made(), (name) => name.startsWith("pooler"))).length, 1);
    assert.deepEqual(
      warnings(() => {
        freezeWhere(made(), "layer.0.weight");
        unfreezeWhere(made(), "*");
        const random = made();
        for (const parameter of random.parameters.values()) Object.assign(parameter, { origin: "drawn" });
        freezeWhere(random, "pooler");
      }),
      [],
    );
  });

  test("freezes both of two tied parameters and says so, once", () => {
    const model = modelOf({ "wte.weight": [9, 4], "h.0.weight": [4, 4] });
    model.parameters.set("lm_head.weight", model.parameters.get("wte.weight")!);
    const said = warnings(() => {
      assert.deepEqual(freezeWhere(model, "wte"), ["wte.weight", "lm_head.weight"]);
      assert.deepEqual(freezeWhere(model, "wte"), ["wte.weight", "lm_head.weight"]);
    });
    assert.deepEqual(frozenNames(model), ["wte.weight", "lm_head.weight"]);
    assert.deepEqual(said, ["frostkit: tied, so frozen with the rest: lm_head.weight"]);
    assert.deepEqual(
      warnings(() => unfreezeWhere(model, "lm_head")),
      ["frostkit: tied, so unfrozen with the rest: wte.weight"],
    );
    assert.deepEqual(
      warnings(() => freezeWhere(model, /wte|lm_head/)),
      [],
      "nothing to say when both were named",
    );
  });

  test("warns when nothing is left to train", () => {
    const model = small();
    const said = warnings(() => {
      freezeWhere(model, "*");
      freezeWhere(model, "*");
    });
    assert.deepEqual(said, ["frostkit: every parameter is frozen: nothing is left to train"]);
  });
});

describe("unfreezeWhere", () => {
  test("undoes freezeWhere, takes the same patterns and throws on the same", () => {
    const model = bert();
    const names = freezeWhere(model, "bert.*");
    assert.deepEqual(unfreezeWhere(model, "*.layer.2.*"), names.slice(5 + 32, 5 + 48));
    assert.equal(frozenNames(model).length, names.length - 16);
    assert.deepEqual(unfreezeWhere(model, /^bert/), names);
    assert.deepEqual(frozenNames(model), []);
    assert.throws(() => unfreezeWhere(model, "layer.3."), FreezeError);
  });

  test("names what was not frozen too", () => {
    assert.deepEqual(unfreezeWhere(small(), "bn1"), ["bn1.weight"]);
  });
});

describe("topNLayerFreeze", () => {
  for (const [family, { shapes, frozen }] of Object.entries(families))
    test(`freezes on ${family} what the recipe freezes in PyTorch, by the names alone`, () => {
      const model = modelOf(shapes);
      const n = family === "albert" ? 0 : 1;
      const inOrder = Object.keys(shapes).filter((name) => frozen.includes(name));
      assert.deepEqual(topNLayerFreeze(model, n), inOrder);
      assert.deepEqual(frozenNames(model), inOrder);
    });

  test("freezes the embeddings only for n = 0, and one block more for each n", () => {
    const sizes = [0, 1, 2, 3].map((n) => topNLayerFreeze(bert(), n).length);
    assert.deepEqual(sizes, [5, 21, 37, 53]);
    const model = bert();
    topNLayerFreeze(model, 3);
    assert.deepEqual(
      listParams(model)
        .filter((row) => row.requiresGrad)
        .map((row) => row.name),
      ["bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias"],
    );
  });

  test("knows the families that the recipe froze by half", () => {
    const frozen = (family: string, n: number) => topNLayerFreeze(modelOf(families[family].shapes), n);
    assert.ok(frozen("deberta-v2", 0).includes("deberta.encoder.rel_embeddings.weight"));
    assert.ok(frozen("deberta-v2", 0).includes("deberta.encoder.LayerNorm.bias"));
    assert.ok(frozen("distilbert", 3).includes("distilbert.transformer.layer.2.ffn.lin2.weight"));
    assert.ok(!frozen("distilbert", 3).includes("pre_classifier.weight"));
    assert.ok(frozen("modernbert", 3).includes("model.layers.2.mlp.Wo.weight"));
    assert.ok(!frozen("modernbert", 3).includes("model.final_norm.weight"));
    assert.ok(frozen("electra", 0).includes("electra.embeddings_project.bias"));
    assert.ok(frozen("albert", 0).includes("albert.encoder.embedding_hidden_mapping_in.weight"));
    assert.ok(frozen("albert", 1).includes("albert.encoder.albert_layer_groups.0.albert_layers.0.ffn.bias"));
    assert.ok(frozen("resnet18-narrow", 0).includes("bn1.bias"));
    assert.ok(!frozen("resnet18-narrow", 4).includes("fc.weight"));
  });

  test("tells layer 1 from layer 10, and orders blocks by number", () => {
    const shapes: Record<string, number[]> = { "bert.embeddings.weight": [1] };
    for (let i = 11; i >= 0; i--) shapes[`bert.encoder.layer.${i}.weight`] = [1];
    assert.deepEqual(topNLayerFreeze(modelOf(shapes), 2), [
      "bert.embeddings.weight",
      "bert.encoder.layer.1.weight",
      "bert.encoder.layer.0.weight",
    ]);
  });

  test("counts the convolution of large DeBERTas, which follows block 0, to that block", () => {
    const model = modelOf({
      "deberta.embeddings.word_embeddings.weight": [9, 4],
      "deberta.encoder.conv.conv.weight": [4, 4, 3],
      "deberta.encoder.layer.0.output.dense.weight": [4, 4],
      "deberta.encoder.layer.1.output.dense.weight": [4, 4],
    });
    assert.equal(topNLayerFreeze(model, 0).length, 1);
    assert.equal(topNLayerFreeze(model, 1).length, 3);
  });

  test("works on a backbone without prefix and without head", () => {
    const model = modelOf({ "embeddings.weight": [9, 4], "encoder.layer.0.weight": [4, 4] });
    assert.deepEqual(topNLayerFreeze(model, 0), ["embeddings.weight"]);
  });

  test("works on a backbone inside another model", () => {
    const names = [
      "conv1.weight",
      "layer1.0.conv1.weight",
      "layer10.0.conv1.weight",
      "layer2.0.conv1.weight",
    ];
    const model = modelOf(Object.fromEntries(names.map((name) => [`backbone.${name}`, [1]])));
    assert.deepEqual(topNLayerFreeze(model, 2), [
      "backbone.conv1.weight",
      "backbone.layer1.0.conv1.weight",
      "backbone.layer2.0.conv1.weight",
    ]);
  });

  test("throws unless n is a whole number from 0 to the depth", () => {
    const model = bert();
    for (const n of [4, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "2" as unknown as number])
      assert.throws(() => topNLayerFreeze(model, n), {
        name: "FreezeError",
        message: `n: expected a whole number from 0 (embeddings only) to 3 (all blocks), got ${typeof n === "string" ? '"2"' : n}`,
      });
    assert.throws(() => topNLayerFreeze(modelOf(families.albert.shapes), 2), /to 1 \(all blocks\), got 2/);
    assert.deepEqual(frozenNames(model), []);
  });

  test("never thaws, as the recipe does not", () => {
    const model = bert();
    assert.deepEqual(
      warnings(() => topNLayerFreeze(model, 2)),
      [],
    );
    assert.deepEqual(
      warnings(() => topNLayerFreeze(model, 1)),
      [
        "frostkit: of block 1 what was frozen before stays so; unfreezeWhere(model, () => true) first lets all learn",
      ],
    );
    assert.equal(frozenNames(model).length, 37);
  });

  test("throws when it recognises no blocks, or blocks but nothing below them", () => {
    const message =
      /^no blocks recognised by the parameter names \(.*\): known are .*encoder\.layer\.0\. \(BERT.*DistilBERT.*ALBERT.*ModernBERT.*ResNet/;
    for (const model of [
      small(),
      modelOf({ "model.embed_tokens.weight": [9, 4], "model.layers.0.weight": [4] }),
    ])
      assert.throws(() => topNLayerFreeze(model, 0), { name: "FreezeError", message });
  });

  test("goes by the stages that a model declares rather than by its names", () => {
    const shapes = { "wte.weight": [9, 4], "h.0.weight": [4], "h.1.weight": [4], "ln_f.weight": [4] };
    const model = modelOf(shapes, [
      { name: "embeddings", parameters: ["wte.weight"] },
      { name: "block 0", parameters: ["h.0.weight"] },
      { name: "block 1", parameters: ["h.1.weight"] },
    ]);
    assert.deepEqual(topNLayerFreeze(model, 1), ["wte.weight", "h.0.weight"]);
    assert.throws(() => topNLayerFreeze(model, 3), /to 2 \(all blocks\)/);
    const wrong = modelOf(shapes, [{ name: "embeddings", parameters: ["wte.bias", "wte.weight"] }]);
    assert.throws(
      () => topNLayerFreeze(wrong, 0),
      /^FreezeError: frostStages\(\) names what is no parameter: wte\.bias$/,
    );
    assert.deepEqual(frozenNames(wrong), []);
  });

  test("says which later blocks freeze as well because they share the weights", () => {
    const shared = (i: number) => ({ name: `block ${i}`, parameters: ["group.weight"] });
    const model = modelOf({ "emb.weight": [9, 4], "group.weight": [4], "fc.weight": [4] }, [
      { name: "embeddings", parameters: ["emb.weight"] },
      ...[0, 1, 2, 3].map(shared),
    ]);
    assert.deepEqual(
      warnings(() => topNLayerFreeze(model, 2)),
      ["frostkit: block 2, block 3 share these weights, so they are frozen too"],
    );
    unfreezeWhere(model, "group");
    const all = "frostkit: block 0, block 1, block 2, block 3 share these weights, so they are frozen too";
    assert.deepEqual(
      warnings(() => freezeWhere(model, "group.*")),
      [all],
    );
    assert.deepEqual(
      warnings(() => freezeWhere(model, "group.*")),
      [],
      "what is frozen already is not news",
    );
    assert.deepEqual(
      warnings(() => freezeWhere(modelOf({ "emb.weight": [9, 4], "fc.weight": [4] }), "emb")),
      [],
    );
  });
});

describe("topNLayerUnfreeze", () => {
  test("undoes topNLayerFreeze with the same n, and nothing else", () => {
    const model = bert();
    freezeWhere(model, "pooler");
    const names = topNLayerFreeze(model, 3);
    assert.deepEqual(topNLayerUnfreeze(model, 1), names.slice(0, 21));
    assert.deepEqual(frozenNames(model), [
      ...names.slice(21),
      "bert.pooler.dense.weight",
      "bert.pooler.dense.bias",
    ]);
    topNLayerUnfreeze(model, 3);
    assert.equal(frozenNames(model).length, 2);
    assert.throws(() => topNLayerUnfreeze(model, 4), FreezeError);
  });
});

describe("a parameter's own flag", () => {
  test("is what all of these read and write", () => {
    const model = small();
    model.parameters.get("conv1.weight")!.requiresGrad = false;
    assert.equal(listParams(model)[0].requiresGrad, false);
    assert.equal(listParams(model).totals.frozen, 1176);
    unfreezeWhere(model, "conv1");
    assert.equal(model.parameters.get("conv1.weight")!.requiresGrad, true);
  });
});

describe("a model", () => {
  test("is anything whose namedParameters() gives pairs: a Map, an array, a generator", () => {
    const parameters = small().parameters;
    for (const namedParameters of [
      () => parameters,
      () => [...parameters],
      function* () {
        yield* parameters;
      },
    ]) {
      unfreezeWhere({ namedParameters }, "*");
      assert.deepEqual(freezeWhere({ namedParameters }, "bn1"), ["bn1.weight"]);
      assert.equal(parameters.get("bn1.weight")!.requiresGrad, false);
    }
  });

  test("that hands out copies of its parameters is found out, not frozen in vain", () => {
    const copies = { namedParameters: () => [...small().parameters] };
    assert.throws(() => freezeWhere(copies, "bn1"), {
      name: "FreezeError",
      message:
        "bn1.weight: requiresGrad stays true; namedParameters() has to yield the parameters, not copies of them",
    });
  });

  test("that is none, is empty or is still a Promise is refused", () => {
    const refuses = (model: unknown, message: RegExp) =>
      assert.throws(() => listParams(model as ParameterModel), { name: "FreezeError", message });
    refuses(
      {},
      /^model: expected a model with namedParameters\(\), or a tfjs LayersModel with frostkit imported, got \[object/,
    );
    refuses(undefined, /got undefined$/);
    refuses("bert", /got "bert"$/);
    refuses(Promise.resolve(bert()), /got a Promise: await it first$/);
    refuses(modelOf({}), /^the model has no parameters: is it built\?$/);
  });

  test("of another kind can be adapted", () => {
    const foreign = { layers: [], trainableWeights: [], inner: small() };
    assert.throws(() => freezeWhere(foreign, "bn1"), FreezeError);
    adapters.push((model) => ("inner" in model ? (model.inner as ParameterModel) : undefined));
    try {
      assert.deepEqual(freezeWhere(foreign, "bn1"), ["bn1.weight"]);
    } finally {
      adapters.pop();
    }
  });
});

describe("closeNames", () => {
  const names = ["conv1.weight", "bn1.weight", "fc.weight", "fc.bias"];

  test("orders by the edits that would make it match, case aside, and gives at most three", () => {
    assert.deepEqual(closeNames("FC.wieght", names)[0], "fc.weight");
    assert.deepEqual(closeNames("con1", names), ["conv1.weight"]);
    assert.equal(closeNames("x.weight", names).length, 3);
  });

  test("gives none when all are far off, or nothing but wildcards is asked for", () => {
    assert.deepEqual(closeNames("transformer", names), []);
    assert.deepEqual(closeNames("*?", names), []);
  });
});

describe("the text of freeze.ts", () => {
  const text = readFileSync(join(__dirname, "..", "src", "freeze.ts"), "utf8");

  test("runs alone, with nothing to import from", () => {
    const { outputText, diagnostics } = ts.transpileModule(text, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
      reportDiagnostics: true,
    });
    assert.deepEqual(diagnostics, []);
    const names = runInNewContext(
      `${outputText}
      const parameter = { shape: [2], requiresGrad: true };
      const toy = { namedParameters: () => [["toy.embeddings.weight", parameter], ["toy.encoder.layer.0.bias", parameter]] };
      [freezeWhere(toy, /bias$/g), topNLayerUnfreeze(toy, 0), listParams(toy).toString().split("\\n").pop()].join()`,
      { exports: {}, console: { warn() {} } },
    );
    assert.equal(
      names,
      "toy.embeddings.weight,toy.encoder.layer.0.bias,toy.embeddings.weight,toy.encoder.layer.0.bias," +
        "trainable 2 (100.0 %, 1 tensor) / frozen 0 (0.0 %, 0 tensors) / total 2",
    );
  });

  test("is a cell of a tslab notebook as it stands, and is imported by the next cell, in an empty folder", () => {
    const cells = [
      text,
      `import { freezeWhere, listParams, topNLayerFreeze, type NamedParameter } from "./freeze";
       const parameters = new Map<string, NamedParameter>([
         ["bert.embeddings.weight", { shape: [9, 4], requiresGrad: true }],
         ["bert.encoder.layer.0.weight", { shape: [4, 4], requiresGrad: true }],
         ["classifier.weight", { shape: [2, 4], requiresGrad: true }],
       ]);
       const toy = { namedParameters: () => parameters };`,
      "freezeWhere(toy, (name, { shape }) => shape[0] === 2);",
      "listParams(toy, 'classifier')",
      "topNLayerFreeze(toy, 0);",
    ];
    const folder = mkdtempSync(join(tmpdir(), "frostkit-cell-"));
    try {
      const output = execFileSync(process.execPath, [join(__dirname, "fixtures", "runCells.cjs")], {
        cwd: folder,
        input: JSON.stringify(cells),
        encoding: "utf8",
      });
      assert.equal(
        output,
        [
          "frozen: 1 of 3 parameters, 8 of 60 numbers (13.3 %): classifier.weight",
          "name               shape   size  requiresGrad",
          "classifier.weight  [2, 4]     8  false",
          "trainable 0 (0.0 %, 0 tensors) / frozen 8 (100.0 %, 1 tensor) / total 8",
          "frozen: 1 of 3 parameters, 36 of 60 numbers (60.0 %): bert.embeddings.weight",
          "",
        ].join("\n"),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
