import { join } from "node:path";
import { type ListFileEntry, listFiles, modelInfo } from "@huggingface/hub";
import { FrostError, InputError } from "../errors";
import { replaceFile } from "../files/replaceFile";
import { repoFolder } from "./cachedSnapshot";
import { fetchFile } from "./fetchFile";
import { hubFetch } from "./hubFetch";
import type { HubSettings } from "./hubSettings";
import {
  carriedFiles,
  chooseWeights,
  configFile,
  describeNames,
  isIndex,
  missingWeights,
  readShardIndex,
} from "./modelFiles";
import { modulesFile, poolingConfigs } from "./sentenceTransformers";

/** Called as a file arrives, with its bytes so far and in all. */
export type OnProgress = (progress: { file: string; loaded: number; total: number }) => void;

/** Looks at a snapshot that has all but its weights; what it throws stops the fetch before they are downloaded. */
export type BeforeWeights = (folder: string) => void | Promise<void>;

/**
 * Fetches what is not there yet of a model's config, weights, tokenizer and sentence-transformers' files into the Hub's cache, and
 * returns the snapshot's folder. `snapshotDownload` of @huggingface/hub would fetch every file of the repository, TensorFlow and ONNX
 * copies included.
 */
export async function fetchSnapshot(
  id: string,
  revision: string,
  settings: HubSettings,
  onProgress: OnProgress = () => {},
  signal?: AbortSignal,
  beforeWeights: BeforeWeights = () => {},
): Promise<string> {
  const where = `"${id}" on ${settings.endpoint}`;
  const hub = {
    hubUrl: settings.endpoint,
    accessToken: settings.token,
    fetch: hubFetch(id, revision, settings, signal),
  };
  const { sha: commit } = await modelInfo({ ...hub, name: id, revision, additionalFields: ["sha"] });
  if (!/^[0-9a-f]{40}$/.test(commit))
    throw new FrostError(`${where}: expected 40 hex digits as its commit, got ${JSON.stringify(commit)}`);
  const entries = new Map<string, ListFileEntry>();
  for await (const entry of listFiles({ ...hub, repo: { type: "model", name: id }, revision: commit }))
    if (entry.type === "file") entries.set(entry.path, entry);
  const names = [...entries.keys()];
  if (!entries.has(configFile))
    throw new InputError(`${where}: expected ${configFile}; ${describeNames(names)}`);
  const weights = chooseWeights((name) => entries.has(name));
  if (weights === undefined) throw missingWeights(where, names);

  const repo = repoFolder(settings.cache, id);
  const folder = join(repo, "snapshots", commit);
  const fetchAll = async (files: Iterable<string>) => {
    for (const file of files) {
      const entry = entries.get(file);
      if (!entry) throw new InputError(`${where}: ${weights} names ${file}, which is missing`);
      const onBytes = (loaded: number) => onProgress({ file, loaded, total: entry.size });
      await fetchFile({ id, commit, settings, repo, signal }, entry, onBytes);
    }
  };
  const beside = [...carriedFiles, modulesFile].filter((file) => entries.has(file));
  await fetchAll([configFile, ...beside]);
  await fetchAll(poolingConfigs(folder).filter((file) => entries.has(file)));
  await beforeWeights(folder);
  await fetchAll([weights]);
  if (isIndex(weights)) await fetchAll(new Set(readShardIndex(folder, weights).values()));
  // Last, so that offline a name never leads to a snapshot that an interrupted fetch left incomplete.
  if (commit !== revision) replaceFile(join(repo, "refs", revision), commit);
  return folder;
}
