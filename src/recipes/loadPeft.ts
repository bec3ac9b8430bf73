import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJsonObject } from "../checkpoint/modelFiles";
import { SafetensorsFile } from "../checkpoint/SafetensorsFile";
import { upload } from "../engine/upload";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import type { Adaptable } from "../nn/linear";
import { Parameter } from "../nn/Parameter";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import {
  ADAPTED,
  type AdapterConfig,
  adapterConfigFile,
  adapterWeightsFile,
  readAdapterConfig,
  taskOf,
} from "./adapterConfig";
import { adapterNames, learnAdapters, moduleOf } from "./addLora";
import { headOf } from "./headOf";

/** Tensors of the file for one layer, by what they are called there. */
interface Found {
  a?: string;
  b?: string;
  magnitude?: string;
}

/**
 * Puts the adapters of a folder of PEFT's on the model it was trained on, and the head that lies beside them: what
 * `PeftModel.from_pretrained(model, folder)` does, LoRA, rsLoRA and DoRA. They and the head learn on, all else is frozen; returns the
 * adapters' names. The model is left as it was where anything does not fit.
 *
 * @throws InputError where the folder is no adapter's, holds what this model has not, or asks for what the kit does not compute
 * @example
 * ```ts
 * addLora(model, { rank: 8, useRslora: true });
 * await savePeft(model, "runs/adapter");
 * removeLora(model);
 * console.log(await loadPeft(model, "runs/adapter"));
 * ```
 */
export function loadPeft(model: Classifier, folder: string): Promise<string[]>;
export async function loadPeft(model: Classifier, folder: string, ...more: unknown[]): Promise<string[]> {
  noOptions("loadPeft", more);
  checkArguments("loadPeft", { model, folder });
  for (const name of [adapterConfigFile, adapterWeightsFile])
    if (!existsSync(join(folder, name)))
      throw new InputError(
        `${folder}: expected ${adapterConfigFile} and ${adapterWeightsFile}, as PEFT's save_pretrained writes them; there is no ${name}`,
      );
  if (model.adapters().length > 0)
    throw new InputError("the model has adapters already; take them off by removeLora(model) first");
  const configFile = join(folder, adapterConfigFile);
  const json = readJsonObject(configFile);
  const config = readAdapterConfig(json, configFile);
  const task = taskOf(model);
  if (json.task_type !== task && ["SEQ_CLS", "TOKEN_CLS"].includes(String(json.task_type)))
    throw new InputError(
      `${configFile}: task_type: expected "${task}", as the model tells the label of ${model.perToken ? "each word" : "each text"}, got "${json.task_type}"; load the model by AutoModelFor${model.perToken ? "Sequence" : "Token"}Classification`,
    );
  const file = SafetensorsFile.open(join(folder, adapterWeightsFile));
  try {
    const { layers, head } = sorted(model, file, config);
    const tensor = (name: string) => upload(file.readFloat32(name), file.tensors.get(name)!.shape);
    for (const [name, parameter] of head) parameter.assign(tensor(name));
    learnAdapters(model);
    for (const [layer, { a, b, magnitude }] of layers) {
      const module = moduleOf(layer);
      layer.lora = {
        a: new Parameter(`${module}.lora_A.weight`, tensor(a!)),
        b: new Parameter(`${module}.lora_B.weight`, tensor(b!)),
        ...(magnitude && {
          magnitude: new Parameter(
            `${module}.lora_magnitude_vector`,
            upload(file.readFloat32(magnitude), [layer.weight.shape[0]]),
          ),
        }),
        scale: config.lora_alpha / (config.use_rslora ? Math.sqrt(config.r) : config.r),
        rankStabilized: config.use_rslora,
        dropout: config.lora_dropout,
        merged: false,
      };
    }
    tellOfDrawn(model, new Set(head.values()), folder);
  } finally {
    file.close();
  }
  return adapterNames(model);
}

/** What each tensor of the file belongs to. Throws where one belongs nowhere, or one is missing. */
function sorted(model: Classifier, file: SafetensorsFile, config: AdapterConfig) {
  const { path, tensors } = file;
  const dense = new Map(
    model.stages.flatMap(({ adaptable = [] }) =>
      adaptable.map((layer): [string, Adaptable] => [moduleOf(layer), layer]),
    ),
  );
  const named = new Map(model.namedParameters());
  const inHead = headOf(model);
  const layers = new Map<Adaptable, Found>();
  const head = new Map<string, Parameter>();
  for (const name of tensors.keys()) {
    const own = name.startsWith(ADAPTED) ? name.slice(ADAPTED.length) : name;
    const [, module, part] = /^(.*)\.lora_(A|B|magnitude_vector)(?:\.weight)?$/.exec(own) ?? [];
    const layer = dense.get(module ?? "");
    if (module !== undefined && !layer)
      throw new InputError(
        `${path}: ${name}: expected an adapter of a dense layer of this model's blocks, which has none of that name`,
      );
    if (layer) {
      const found = layers.get(layer) ?? {};
      found[part === "A" ? "a" : part === "B" ? "b" : "magnitude"] = name;
      layers.set(layer, found);
    } else if (inHead.has(own)) {
      head.set(name, named.get(own)!);
      checkShape(path, name, tensors.get(name)!.shape, named.get(own)!.shape);
    } else
      throw new InputError(
        `${path}: ${name}: expected adapters and the head alone, and a head of this model's`,
      );
  }
  if (layers.size === 0) throw new InputError(`${path}: expected adapters, got none`);
  for (const [layer, found] of layers) {
    const [to, from] = layer.weight.shape;
    const shapes = { a: [config.r, from], b: [to, config.r], ...(config.use_dora && { magnitude: [to] }) };
    for (const part of ["a", "b", "magnitude"] as const) {
      const [name, shape] = [found[part], (shapes as Record<string, number[]>)[part]];
      if ((name === undefined) !== (shape === undefined))
        throw new InputError(
          `${path}: ${moduleOf(layer)}: expected ${config.use_dora ? "A, B and a magnitude" : "A and B alone"}, as ${adapterConfigFile} says, got ${Object.keys(found).join(", ")}`,
        );
      // Earlier versions of PEFT kept magnitudes as [1, out].
      if (name)
        checkShape(
          path,
          name,
          tensors.get(name)!.shape.filter((size, i) => part !== "magnitude" || i > 0 || size > 1),
          shape,
        );
    }
  }
  return { layers, head };
}

function checkShape(path: string, name: string, shape: readonly number[], expected: readonly number[]): void {
  if (String(shape) !== String(expected))
    throw new InputError(`${path}: ${name}: expected shape [${expected}], got [${shape}]`);
}

/** Says so where a part of the head is random and the folder does not hold it. */
function tellOfDrawn(model: Classifier, held: ReadonlySet<Parameter>, folder: string): void {
  const drawn = new Set(model.newlyInitialized);
  const random = model.stages.at(-1)!.parameters.filter((each) => drawn.has(each.name) && !held.has(each));
  if (random.length > 0)
    console.warn(
      `frostkit: ${folder} holds no ${random.map(({ name }) => name).join(", ")}, whose values here are drawn at random`,
    );
}
