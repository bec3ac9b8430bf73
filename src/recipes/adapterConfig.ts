import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";

/** The files of a folder that PEFT's `save_pretrained` writes and `PeftModel.from_pretrained` reads. */
export const adapterConfigFile = "adapter_config.json";
export const adapterWeightsFile = "adapter_model.safetensors";

/** What the names of PEFT's tensors begin with, in front of the model's own. */
export const ADAPTED = "base_model.model.";

/** PEFT's word for what a model tells. */
export const taskOf = ({ perToken }: Classifier) => (perToken ? "TOKEN_CLS" : "SEQ_CLS");

/** What is followed of PEFT's LoraConfig; which layers there are is told by the tensors. */
export interface AdapterConfig {
  r: number;
  lora_alpha: number;
  lora_dropout: number;
  use_rslora: boolean;
  use_dora: boolean;
}

/** Fields that say which tensors the file holds, or nothing of what is computed from them. */
const WITHOUT_EFFECT = new Set([
  ...["peft_type", "peft_version", "task_type", "auto_mapping", "inference_mode"],
  ...["base_model_name_or_path", "revision"],
  ...["target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "modules_to_save"],
  // How adapters were drawn, and where they were trained.
  ...["loftq_config", "eva_config", "corda_config", "lora_ga_config", "runtime_config", "megatron_core"],
  ...["ensure_weight_tying", "qalora_group_size"],
]);

/** Those that leave the base's weights as they are; others, such as PiSSA, take from them what the adapter starts with. */
const STARTS: unknown[] = [true, false, null, "gaussian", "orthogonal", "eva"];

/**
 * Reads an adapter_config.json.
 *
 * @throws InputError that names a field which changes what is computed in a way that the kit does not
 */
export function readAdapterConfig(config: Record<string, unknown>, file: string): AdapterConfig {
  const { peft_type: type, init_lora_weights: start = true, bias = "none" } = config;
  const refuse = (field: string, expected: string) =>
    new InputError(`${file}: ${field}: expected ${expected}, got ${JSON.stringify(config[field])}`);
  if (type !== "LORA") throw refuse("peft_type", '"LORA", with or without rsLoRA and DoRA');
  if (!STARTS.includes(start))
    throw refuse("init_lora_weights", "adapters that leave the base model's weights as they are");
  if (bias !== "none") throw refuse("bias", '"none": biases that learn are not among an adapter\'s here');
  const read = new Set([
    "r",
    "lora_alpha",
    "lora_dropout",
    "use_rslora",
    "use_dora",
    "init_lora_weights",
    "bias",
  ]);
  for (const [field, value] of Object.entries(config)) {
    if (read.has(field) || WITHOUT_EFFECT.has(field)) continue;
    const says = typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
    if (says)
      throw refuse(field, "none of it, since it changes what is computed in a way that is not supported");
  }
  const number = (
    field: "r" | "lora_alpha" | "lora_dropout",
    otherwise: number,
    fits: (n: number) => boolean,
    what: string,
  ) => {
    const value = config[field] ?? otherwise;
    if (typeof value !== "number" || !fits(value)) throw refuse(field, what);
    return value;
  };
  const flag = (field: "use_rslora" | "use_dora") => {
    const value = config[field] ?? false;
    if (typeof value !== "boolean") throw refuse(field, "true or false");
    return value;
  };
  return {
    r: number("r", 8, (n) => Number.isInteger(n) && n > 0, "an integer of at least 1"),
    lora_alpha: number("lora_alpha", 8, (n) => n > 0, "a number above 0"),
    lora_dropout: number("lora_dropout", 0, (n) => n >= 0 && n < 1, "a number from 0 to below 1"),
    use_rslora: flag("use_rslora"),
    use_dora: flag("use_dora"),
  };
}
