import { basename, join, resolve } from "node:path";
import { checkFinite } from "../checkpoint/checkFinite";
import { SafetensorsWriter } from "../checkpoint/safetensorsWriter";
import { isKits } from "../checkpoint/saveCheckpoint";
import { InputError } from "../errors";
import { writeFolder, writeSynced } from "../files/writeFolder";
import type { Classifier } from "../models/Classifier";
import { adapterParameters } from "../nn/lora";
import type { Parameter } from "../nn/Parameter";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { version } from "../version";
import { ADAPTED, adapterConfigFile, adapterWeightsFile, taskOf } from "./adapterConfig";
import { moduleOf } from "./addLora";
import { headOf } from "./headOf";
import { isTarget, layerOf } from "./targetLayers";

const ADAPTER = {
  what: "an adapter",
  isOwn: (path: string) =>
    basename(path) === adapterConfigFile || (basename(path) === adapterWeightsFile && isKits(path)),
};

/**
 * Writes a model's adapters and its head as PEFT does, to a folder of `adapter_config.json` and `adapter_model.safetensors` that
 * `PeftModel.from_pretrained(model, folder)` reads in Python, on the model that was loaded here, and `loadPeft` here. The folder
 * holds the old adapter or the new one, never half of each. Weights below the head have to be those that were loaded: of what was
 * trained before the adapters were put on the folder would know nothing, so save that by `savePretrained` and start from there.
 *
 * @throws InputError where the model has no adapters, a head that Python has no name for, weights that learn besides, or blocks drawn
 *   anew
 * @example
 * ```ts
 * addLora(model, { rank: 8, useDora: true });
 * await fineTune(model, { train, valid }, { learningRate: 1e-3, epochs: 1 });
 * await savePeft(model, "runs/adapter");
 * ```
 */
export function savePeft(model: Classifier, folder: string): Promise<void>;
export async function savePeft(model: Classifier, folder: string, ...more: unknown[]): Promise<void> {
  noOptions("savePeft", more);
  checkArguments("savePeft", { model, folder });
  const adapters = model.adapters();
  if (adapters.length === 0) throw new InputError("the model has no adapters; addLora(model) puts them on");
  if (model.config.frostkit_head)
    throw new InputError(
      "savePeft: expected the family's own head, got one that Python has no name for; savePretrained saves it merged",
    );
  const kept = new Set(adapters.flatMap(({ lora }) => adapterParameters(lora)));
  const head = headOf(model);
  const all = model.namedParameters();
  const besides = all.find(([name, each]) => each.requiresGrad && !kept.has(each) && !head.has(name));
  if (besides)
    throw new InputError(
      `savePeft: expected adapters and the head alone to learn, got ${besides[0]}, which the folder would not hold; savePretrained saves all`,
    );
  const drawn = model.newlyInitialized.find((name) => !head.has(name));
  if (drawn !== undefined)
    throw new InputError(
      `savePeft: expected the checkpoint's own weights below the head, got ${drawn}, drawn anew, which the folder would not hold; savePretrained saves all`,
    );
  const written = all.filter(([name, each]) => kept.has(each) || head.has(name));
  const tensors = written.map(([name, { shape }]) => ({ name: ADAPTED + name, shape }));
  await writeFolder(folder, ADAPTER, async (fresh) => {
    const config = `${JSON.stringify(configOf(model, head), null, 2)}\n`;
    writeSynced(join(fresh, adapterConfigFile), Buffer.from(config));
    const path = join(resolve(folder), adapterWeightsFile);
    const metadata = { format: "pt", frostkit: version };
    const writer = new SafetensorsWriter(path, tensors, "F32", metadata, join(fresh, adapterWeightsFile));
    try {
      for (const [name, parameter] of written) {
        const values = await parameter.data();
        checkFinite(path, name, values);
        writer.write(values);
      }
    } finally {
      writer.finish();
    }
  });
}

/** As PEFT's LoraConfig has it. */
function configOf(model: Classifier, head: ReadonlySet<string>): Record<string, unknown> {
  const adapters = model.adapters();
  const [{ lora }] = adapters;
  const rank = lora.a.shape[0];
  return {
    peft_type: "LORA",
    task_type: taskOf(model),
    base_model_name_or_path: model.origin?.folder ?? null,
    inference_mode: true,
    r: rank,
    lora_alpha: lora.scale * (lora.rankStabilized ? Math.sqrt(rank) : rank),
    lora_dropout: lora.dropout,
    use_rslora: lora.rankStabilized,
    use_dora: lora.magnitude !== undefined,
    ...targetsOf(model, adapters.map(moduleOf)),
    modules_to_save: modulesOf(model, head),
    bias: "none",
    fan_in_fan_out: false,
    init_lora_weights: true,
  };
}

/** By how the modules' names end and by their blocks where that chooses these and no others, else by their whole names. */
function targetsOf(model: Classifier, modules: string[]) {
  const matrices = model
    .namedParameters()
    .flatMap(([name, { shape }]) => (shape.length === 2 ? name.replace(/\.weight$/, "") : []));
  const blocks = [...new Set(modules.map(layerOf))].filter((index) => index !== null).sort((a, b) => a - b);
  for (const parts of [1, 2])
    for (const layers of [null, blocks]) {
      const ends = [...new Set(modules.map((name) => name.split(".").slice(-parts).join(".")))].sort();
      const chosen = matrices.filter(
        (name) => isTarget(name, ends) && (!layers || layers.includes(layerOf(name)!)),
      );
      if (chosen.length === modules.length) return { target_modules: ends, layers_to_transform: layers };
    }
  return { target_modules: modules, layers_to_transform: null };
}

/** The modules that the head's parameters are in, as PEFT finds them: one level below the model, or below its encoder. */
function modulesOf(model: Classifier, head: ReadonlySet<string>): string[] {
  const encoder = nameOf(model.stages[0].parameters[0]);
  return [
    ...new Set(
      [...head].map((name) => {
        const [first, second] = name.split(".");
        return first === encoder ? second : first;
      }),
    ),
  ];
}

const nameOf = ({ name }: Parameter) => name.split(".")[0];
