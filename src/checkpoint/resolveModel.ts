import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InputError } from "../errors";
import { restoreFolder } from "../files/replaceFolder";
import { isOfImages } from "../models/architectures";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { cachedSnapshot } from "./cachedSnapshot";
import { type BeforeWeights, fetchSnapshot, type OnProgress } from "./fetchSnapshot";
import { HubUnreachable } from "./hubFetch";
import { hubSettings } from "./hubSettings";
import { configFile, describeNames, listNames, readJsonObject, vocabularyFiles } from "./modelFiles";
import { refuseFile } from "./refuseFile";
import { refuseParent } from "./refuseParent";

/** How a model is fetched where it is no folder here. */
export interface ResolveOptions {
  /** A revision on the Hub: branch, tag or commit. Default: "main". */
  revision?: string;
  /** An access token of the Hub, in place of HF_TOKEN. Default: HF_TOKEN, or what `hf auth login` stored. */
  token?: string;
  /** Told of each file's bytes as they arrive. */
  onProgress?: OnProgress;
  /** Stops a fetch; what has arrived is kept for the next one. */
  signal?: AbortSignal;
}

/**
 * The local folder of a model. A path that exists is used in place; anything else is taken for a Hub id, of which config,
 * weights and tokenizer are fetched into the Hub's usual cache, where Python finds them too. Where the Hub is not in reach, a
 * copy in the cache is used, with a warning.
 *
 * Obeys HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN (or the token that `hf auth login` stored) and HF_HUB_OFFLINE.
 *
 * @throws InputError for what is neither a folder nor a model in reach, FrostError for a Hub that fails
 * @example
 * ```ts
 * await resolveModel("data/all-MiniLM-L6-v2"); // a folder: the same
 * await resolveModel("timm/resnet18.a1_in1k"); // where it is no folder: ~/.cache/huggingface/hub/models--timm--…/snapshots/…
 * ```
 */
export async function resolveModel(idOrFolder: string, options: ResolveOptions = {}): Promise<string> {
  return findModel(idOrFolder, options, (folder) => {
    if (lacksTokenizer(folder))
      process.emitWarning(
        `"${idOrFolder}" comes without a tokenizer (${describeNames(listNames(folder))}): its texts have to be encoded by that of another folder`,
      );
  });
}

/** `resolveModel`, with a look at what a model comes with before its weights are downloaded. */
export async function findModel(
  idOrFolder: string,
  options: ResolveOptions,
  beforeWeights: BeforeWeights,
): Promise<string> {
  const { revision, token, onProgress, signal } = readOptions("resolveModel", options);
  checkArguments("resolveModel", { idOrFolder });
  restoreFolder(idOrFolder);
  if (existsSync(idOrFolder)) {
    if (statSync(idOrFolder).isDirectory()) {
      refuseParent(idOrFolder);
      return idOrFolder;
    }
    refuseFile(idOrFolder);
  }
  checkId(idOrFolder);
  checkRevision(revision);
  const settings = hubSettings(token);
  if (settings.offline) return findOffline(idOrFolder, revision, settings.cache);
  try {
    return await fetchSnapshot(idOrFolder, revision, settings, onProgress, signal, beforeWeights);
  } catch (error) {
    if (!(error instanceof HubUnreachable)) throw error;
    const cached = cachedSnapshot(settings.cache, idOrFolder, revision);
    if (!cached || cached.missing) throw error;
    process.emitWarning(`${error.message}; using the copy in the cache, ${cached.folder}`);
    return cached.folder;
  }
}

/** Whether a model of texts has no file that a tokenizer's vocabulary could be read from. */
function lacksTokenizer(folder: string): boolean {
  if (isOfImages(readJsonObject(join(folder, configFile)))) return false;
  return !vocabularyFiles.some((name) => existsSync(join(folder, name)));
}

function findOffline(id: string, revision: string, cache: string): string {
  const cached = cachedSnapshot(cache, id, revision);
  if (cached && !cached.missing) return cached.folder;
  const why = cached
    ? `its copy in the cache lacks ${cached.missing}`
    : `"${revision}" of it is not in the cache`;
  throw new InputError(
    `"${id}" is no folder here, ${why} (${cache}), and HF_HUB_OFFLINE is set: unset it to fetch the model, or give a folder's path`,
  );
}

/** The Hub's rule for names, as huggingface_hub checks it; what breaks it was meant as a path. */
function checkId(id: string): void {
  const part = /^(?![-.])[\w.-]{1,96}(?<![-.])$/;
  const parts = id.split("/");
  if (parts.length <= 2 && parts.every((name) => part.test(name)) && !/--|\.\.|\.git$/.test(id)) return;
  let near = dirname(resolve(id));
  while (!existsSync(near)) near = dirname(near);
  const inside = statSync(near).isDirectory() ? describeNames(listNames(near)) : "it is a file";
  throw new InputError(
    `${id}: there is no such folder, and it is no Hub id (owner/name); of that path there is ${near}, and ${inside}`,
  );
}

/** A revision becomes part of a path in the cache. */
function checkRevision(revision: string): void {
  if (!/^[\w.-]+(\/[\w.-]+)*$/.test(revision) || revision.split("/").includes(".."))
    throw new InputError(`revision: expected a branch, tag or commit, got ${JSON.stringify(revision)}`);
}
