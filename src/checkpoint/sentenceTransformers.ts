// The files in which sentence-transformers describes an encoder and the pooling behind it. Their fields:
// https://github.com/huggingface/sentence-transformers, sentence_transformers/sentence_transformer/modules.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readBytes } from "../files/readBytes";
import { readTrainedOn } from "../options/TrainedOn";
import { POOLINGS } from "../options/words";
import { parseJson } from "../text/json";
import { configFile, readJsonObject, sentenceConfigFiles } from "./modelFiles";

export const modulesFile = "modules.json";

interface Module {
  /** "Transformer", "Pooling", "Dense", "Normalize" … */
  kind: string;
  /** Its folder; empty for the one it stands in. */
  path: string;
}

/** The modules that a folder's modules.json lists, in order; none where there is no such file, or it is not to be understood. */
function readModules(folder: string): Module[] {
  const file = join(folder, modulesFile);
  if (!existsSync(file)) return [];
  let listed: unknown;
  try {
    listed = parseJson(file, readBytes(file).toString());
  } catch {
    return [];
  }
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((module: { type?: unknown; path?: unknown } | null) => {
    const { type, path } = module ?? {};
    // A module's files lie in a folder beside it; a path that leads elsewhere could read, or when fetched write, any file.
    if (typeof type !== "string" || typeof path !== "string" || !/^([\w-][\w.-]*)?$/.test(path)) return [];
    return [{ kind: type.split(".").at(-1)!, path }];
  });
}

/** The paths of the pooling modules' configs, relative to the folder. */
export const poolingConfigs = (folder: string): string[] =>
  readModules(folder)
    .filter(({ kind, path }) => kind === "Pooling" && path !== "")
    .map(({ path }) => `${path}/${configFile}`);

/** The folder in this one that holds the encoder, where it does not lie at the top: that of earlier years was 0_Transformer. */
export const encoderFolder = (folder: string): string | undefined =>
  readModules(folder).find(({ kind, path }) => kind === "Transformer" && path !== "")?.path;

/** How many tokens of a text the model was trained on, special tokens counted; null where the folder does not say. */
export function readMaxSeqLength(folder: string): number | null {
  const config = join(folder, configFile);
  const trainedOn = existsSync(config) ? readTrainedOn(readJsonObject(config)) : null;
  if (trainedOn) return trainedOn.maxLength;
  const length = readSentenceConfig(folder)?.max_seq_length;
  return typeof length === "number" && Number.isInteger(length) && length > 0 ? length : null;
}

function readSentenceConfig(folder: string): Record<string, unknown> | null {
  const file = sentenceConfigFiles.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (file === undefined) return null;
  try {
    return readJsonObject(file);
  } catch {
    return null;
  }
}

const NAMES: Record<string, string> = { mean: "the mean", max: "the maximum" };

/**
 * The note for a model with a fresh head: which pooling its encoder was trained for, and which modules a classifier leaves out. Null
 * where there is nothing to say: the families' own heads read the class token.
 */
export function sentenceNote(folder: string): string | null {
  const [config, ...more] = poolingConfigs(folder);
  if (config === undefined || !existsSync(join(folder, config))) return null;
  const where = more.length === 0 ? config : [config, ...more].join(" and ");
  const modes = readPooling(join(folder, config));
  const others = readModules(folder).filter(({ kind }) => !["Transformer", "Pooling"].includes(kind));
  const rest = others.length
    ? `; left out: ${others.map(({ path, kind }) => path || kind).join(" and ")}`
    : "";
  if (modes === null) return `${where}: not understood, and ignored${rest}`;
  const [mode] = modes;
  if (modes.length > 1 || more.length > 0 || !(POOLINGS as readonly string[]).includes(mode))
    return `${where}: this encoder was trained for ${modes.join(" beside ")} of its rows, for which there is no head${rest}`;
  if (mode === "cls") return rest ? `${where}: this encoder was trained for its class token${rest}` : null;
  return `${where}: this encoder was trained for ${NAMES[mode]} of its rows; the option head: "${mode}" reads that instead of the class token${rest}`;
}

const MODES: Record<string, string> = {
  pooling_mode_cls_token: "cls",
  pooling_mode_mean_tokens: "mean",
  pooling_mode_max_tokens: "max",
  pooling_mode_mean_sqrt_len_tokens: "mean_sqrt_len_tokens",
  pooling_mode_weightedmean_tokens: "weightedmean",
  pooling_mode_lasttoken: "lasttoken",
};

/** The pooling modes, in sentence-transformers' words; several are concatenated. Null where the file does not say. */
function readPooling(file: string): string[] | null {
  let config: Record<string, unknown>;
  try {
    config = readJsonObject(file);
  } catch {
    return null;
  }
  const { pooling_mode: named } = config;
  if (typeof named === "string") return [named.toLowerCase()];
  if (Array.isArray(named) && named.length > 0) return named.map((mode) => String(mode).toLowerCase());
  const modes = Object.keys(MODES).filter((flag) => config[flag] === true);
  // The mean is what it pools by where the file leaves that open.
  if (modes.length === 0) return config.pooling_mode_mean_tokens === undefined ? ["mean"] : null;
  return modes.map((flag) => MODES[flag]);
}
