import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { useEngine } from "../../src/engine/useEngine";
import { checkConfig, checkImageConfig } from "../../src/models/checkConfig";
import { Config } from "../../src/models/Family";
import { FAMILIES, familyOf } from "../../src/models/families";
import { wantedTensors } from "../../src/models/wantedTensors";
import { fixture } from "./againstPyTorch";
import { variant } from "./variant";

type Fields = Record<string, unknown>;

const fixtures = join(__dirname, "../fixtures");
const read = (path: string): Fields => JSON.parse(readFileSync(path, "utf8"));
const defaults = read(join(fixtures, "configs/transformers.json")) as Record<string, Fields>;
const check = (config: Fields) => checkConfig(familyOf(config, "config.json"), config, "config.json");

/** What published checkpoints of a family have in their config.json besides what the fixtures have. */
const PUBLISHED: Record<string, Fields> = {
  bert: {
    _name_or_path: "nreimers/MiniLM-L6-H384-uncased",
    _num_labels: 5,
    directionality: "bidi",
    finetuning_task: "sst-2",
    gradient_checkpointing: false,
    output_past: true,
    pooler_fc_size: 768,
    pooler_num_attention_heads: 12,
    pooler_num_fc_layers: 3,
    pooler_size_per_head: 128,
    pooler_type: "first_token_transform",
    position_embedding_type: "absolute",
    problem_type: "multi_label_classification",
    pruned_heads: {},
    sbert_ce_default_activation_function: "torch.nn.modules.linear.Identity",
    sentence_transformers: { activation_fn: "torch.nn.modules.linear.Identity", version: "4.1.0" },
    torch_dtype: "float16",
    is_decoder: false,
    quantization_config: null,
    auto_map: {},
  },
  roberta: {
    adapters: { adapters: {}, config_map: {}, fusion_config_map: {}, fusions: {} },
    bos_token_id: 0,
    eos_token_id: 2,
    position_embedding_type: "absolute",
    num_beams: 1,
    temperature: 1,
    top_k: 50,
  },
  "xlm-roberta": { output_past: true, position_embedding_type: "absolute", language: "multilingual" },
  distilbert: { sinusoidal_pos_embds: false, tie_weights_: true, output_past: true },
  electra: { summary_type: "first", summary_use_proj: true, position_embedding_type: "absolute" },
  albert: {
    down_scale_factor: 1,
    gap_size: 0,
    layers_to_keep: [],
    net_structure_type: 0,
    num_memory_blocks: 0,
  },
  "deberta-v2": {
    legacy: true,
    attention_head_size: 8,
    max_relative_positions: -1,
    norm_rel_ebd: "layer_norm",
  },
  modernbert: {
    gradient_checkpointing: false,
    layer_norm_eps: 1e-5,
    position_embedding_type: "absolute",
    reference_compile: true,
    repad_logits_with_grad: false,
    global_rope_theta: 160000,
    local_rope_theta: 10000,
  },
};

/** Fields of code that came with a checkpoint, of other architectures, of later versions; each asks for another computation. */
const OTHERS: Fields = {
  is_decoder: true,
  is_encoder_decoder: true,
  add_cross_attention: true,
  position_embedding_type: "alibi",
  feed_forward_type: "reglu",
  quantization_config: { quant_method: "bitsandbytes", load_in_4bit: true },
  auto_map: { AutoModel: "jinaai/jina-bert-implementation--modeling_bert.JinaBertModel" },
  pruned_heads: { 0: [1] },
  per_layer_config: { 0: { intermediate_size: 8 } },
  adapters: { adapters: { sst: "houlsby" } },
  use_rotary: true,
  rotary_emb_fraction: 1,
  alibi_starting_size: 512,
  logit_scale: 2.5,
  use_rms_norm: true,
  emb_pooler: "mean",
};

describe("A config.json", () => {
  before(async () => {
    await useEngine("onnxruntime");
  });

  for (const family of FAMILIES) {
    const kind = family.modelType;
    const own = read(join(fixture(kind).folder, "config.json"));

    it(`${kind}: is followed with all the fields that Transformers and published checkpoints write`, async () => {
      for (const config of [defaults[kind], own, { ...own, ...PUBLISHED[kind] }])
        assert.doesNotThrow(() => check({ ...config }));
      const { problem_type: _, ...published } = PUBLISHED[kind];
      (await Auto.fromPretrained(variant(kind, published), { log: () => {} })).dispose();
    });

    it(`${kind}: is read in no field that the family does not declare, and in each that it does`, () => {
      const asked = new Set<string>();
      const asking = (config: Fields) =>
        new Proxy(config, {
          get(fields, field: string) {
            asked.add(field);
            return fields[field];
          },
        });
      const settings: Fields[] = [
        {},
        { conv_kernel_size: 3 },
        { layer_types: null },
        { rope_parameters: null },
      ];
      for (const fields of settings) {
        const config = new Config(asking({ ...own, ...fields }));
        wantedTensors((take) => family.stages(config, take, () => family.head(config, 3, take)));
        wantedTensors((take) => family.stages(config, take, () => family.tokenHead(config, 3, take)));
        family.maxTokens(config);
      }
      asked.delete("initializer_range");
      assert.deepEqual([...asked].sort(), [...family.obeys].sort());
    });

    for (const [field, value] of Object.entries(OTHERS))
      it(`${kind}: is refused for ${field}, by its name and value`, async () => {
        const folder = variant(kind, { [field]: value });
        await assert.rejects(Auto.fromPretrained(folder), (error: Error) => {
          assert.equal(error.name, "InputError");
          assert.ok(
            error.message.startsWith(
              `${folder}/config.json: expected a ${kind} as Transformers computes it, got ${field} ${JSON.stringify(value).slice(0, 40)}`,
            ),
            error.message,
          );
          assert.ok(!error.message.includes("\n"));
          return true;
        });
      });

    it(`${kind}: is followed where such fields are at their neutral values`, () => {
      const neutral = { position_embedding_type: "absolute", feed_forward_type: "original" };
      for (const nothing of [null, false, 0, "", [], {}, "none"]) {
        const others = Object.fromEntries(Object.keys(OTHERS).map((field) => [field, nothing]));
        assert.doesNotThrow(() => check({ ...own, ...others }), JSON.stringify(nothing));
      }
      assert.doesNotThrow(() => check({ ...own, ...neutral }));
    });
  }

  it("is refused for relative keys, and for several fields at once in one line", () => {
    const bert = read(join(fixture("bert").folder, "config.json"));
    for (const type of ["relative_key", "relative_key_query", "rotary"])
      assert.throws(
        () => check({ ...bert, position_embedding_type: type }),
        new RegExp(`got position_embedding_type "${type}", which is not supported`),
      );
    assert.throws(() => check({ ...bert, ...OTHERS }), {
      message:
        /got add_cross_attention true, is_decoder true \(attention to earlier tokens alone\), .* and 11 more, which is not supported; /,
    });
  });

  it("may say sizes by their other names, where these are the same", () => {
    const distilbert = read(join(fixture("distilbert").folder, "config.json"));
    const same = { hidden_size: 32, num_hidden_layers: 3, num_attention_heads: 4, hidden_act: "gelu" };
    assert.doesNotThrow(() => check({ ...distilbert, ...same }));
    for (const [field, other] of Object.entries({
      ...same,
      hidden_size: 48,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      hidden_act: "relu",
    }))
      assert.throws(() => check({ ...distilbert, [field]: other }), new RegExp(`got ${field} "?${other}`));
    const modernbert = read(join(fixture("modernbert").folder, "config.json"));
    const window = modernbert.local_attention as number;
    assert.doesNotThrow(() => check({ ...modernbert, sliding_window: window / 2, head_dim: 8 }));
    assert.throws(() => check({ ...modernbert, sliding_window: window }), /got sliding_window/);
    assert.throws(() => check({ ...modernbert, head_dim: 4 }), /got head_dim 4/);
    const deberta = read(join(fixture("deberta-v2").folder, "config.json"));
    assert.throws(() => check({ ...deberta, attention_head_size: 16 }), /got attention_head_size 16/);
  });

  it("of a ModernBERT may name the embeddings that mmBERT names, which Python does not read", () => {
    const modernbert = read(join(fixture("modernbert").folder, "config.json"));
    assert.doesNotThrow(() => check({ ...modernbert, position_embedding_type: "sans_pos" }));
  });

  it("is refused for sizes that no model has, under every family's names", async () => {
    for (const { modelType } of FAMILIES.values()) {
      const config = { ...defaults[modelType], model_type: modelType };
      check(config);
      const sizes = Object.keys(config).filter((field) =>
        /^(hidden_size|dim|num_attention_heads|n_heads|num_hidden_layers|n_layers|vocab_size)$/.test(field),
      );
      assert.ok(sizes.length >= 4, modelType);
      for (const field of sizes)
        for (const value of [0, -1, 2.5])
          assert.throws(() => check({ ...config, [field]: value }), {
            name: "InputError",
            message: `config.json: ${field}: expected a whole number of at least 1, got ${value}`,
          });
    }
  });

  it("is refused where DeBERTa's buckets leave no room for further distances", async () => {
    for (const [fields, message] of [
      [
        { position_buckets: 8, max_relative_positions: 5 },
        /expected more than 5, since there are 8 buckets, as max_relative_positions, got 5/,
      ],
      [{ position_buckets: 1 }, /expected 2 or more as position_buckets, got 1/],
    ] as [Fields, RegExp][])
      await assert.rejects(Auto.fromPretrained(variant("deberta-v2", fields), { log: () => {} }), {
        name: "InputError",
        message,
      });
  });

  it("is refused for heads that do not divide the hidden size, and for rates that are none", async () => {
    for (const [fields, line] of [
      [{ num_attention_heads: 5 }, /config\.json: expected heads that divide the hidden size of \d+, got 5$/],
      [{ num_attention_heads: 0 }, /num_attention_heads: expected a whole number of at least 1, got 0$/],
      [{ num_hidden_layers: 1001 }, /json: num_hidden_layers: expected at most 1000, got 1001$/],
      [{ num_hidden_layers: 1e9 }, /json: num_hidden_layers: expected at most 1000, got 1000000000$/],
      [{ hidden_dropout_prob: 1.5 }, /hidden_dropout_prob: expected a rate from 0 to below 1, got 1\.5$/],
      [{ attention_probs_dropout_prob: -0.1 }, /expected a rate from 0 to below 1, got -0\.1$/],
    ] as const)
      await assert.rejects(Auto.fromPretrained(variant("bert", fields)), {
        name: "InputError",
        message: line,
      });
  });

  it("is refused for groups of blocks that no ALBERT can have", async () => {
    for (const [fields, line] of [
      [{ inner_group_num: 1e6 }, /json: inner_group_num: expected at most 1000, got 1000000$/],
      [{ num_hidden_groups: 0 }, /json: num_hidden_groups: expected a whole number of at least 1, got 0$/],
    ] as const)
      await assert.rejects(Auto.fromPretrained(variant("albert", fields)), {
        name: "InputError",
        message: line,
      });
  });

  it("is read for what it holds: names that every object has are fields like others", async () => {
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      const fields = Object.defineProperty({}, name, { value: 5, enumerable: true });
      const config = Object.defineProperties(
        { model_type: "bert" },
        Object.getOwnPropertyDescriptors(fields),
      );
      assert.throws(() => check(config), {
        name: "InputError",
        message: `config.json: expected a bert as Transformers computes it, got ${name} 5, which is not supported; what changes nothing that is computed may be taken out of the file`,
      });
    }
  });

  it("of timm is followed in its channels, and refused for other arguments of the model", async () => {
    const folder = join(fixtures, "models/resnet18-narrow");
    const config = read(join(folder, "config.json"));
    const args = config.model_args as Fields;
    const timm = (fields: Fields, more: Fields = {}) =>
      checkImageConfig({ ...config, ...more, model_args: { ...args, ...fields } }, "config.json");
    assert.doesNotThrow(() =>
      timm(
        { in_chans: 3, num_classes: 5, drop_rate: 0, act_layer: "relu", zero_init_last: true },
        { global_pool: "avg", num_features: 512 },
      ),
    );
    for (const [field, value] of Object.entries({
      in_chans: 1,
      output_stride: 8,
      stem_type: "deep",
      aa_layer: "blurpool",
      act_layer: "silu",
      norm_layer: "groupnorm",
      block: "bottleneck",
    }))
      assert.throws(() => timm({ [field]: value }), {
        name: "InputError",
        message: new RegExp(
          `^config\\.json: expected a resnet18 as timm builds it without arguments, got ${field} "?${value}"?, which`,
        ),
      });
    assert.throws(() => timm({}, { global_pool: "max" }), /got global_pool "max"/);
    await assert.rejects(
      AutoModelForImageClassification.fromConfig({ architecture: "resnet18", global_pool: "catavgmax" }),
      /got global_pool "catavgmax"/,
    );
  });
});
