import { copyFileSync, mkdirSync, renameSync, statSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { downloadFile, type ListFileEntry } from "@huggingface/hub";
import { FrostError } from "../errors";
import { withUnfinished } from "../files/unfinished";
import { fetchBlob } from "./fetchBlob";
import { HubUnreachable, hubFetch, unreachable } from "./hubFetch";
import type { HubSettings } from "./hubSettings";

/** A model at one commit, on the Hub and in its cache. */
export interface Snapshot {
  id: string;
  commit: string;
  settings: HubSettings;
  /** The folder that holds all of the model: `blobs/`, `refs/` and `snapshots/<commit>/`. */
  repo: string;
  signal: AbortSignal | undefined;
}

/** Puts a file of the listing into the snapshot, as a link to its content in `blobs/`, and fetches that unless it is there. */
export async function fetchFile(
  snapshot: Snapshot,
  entry: ListFileEntry,
  onBytes: (loaded: number) => void,
): Promise<void> {
  const { repo, commit, settings, signal } = snapshot;
  const pointer = join(repo, "snapshots", commit, entry.path);
  if (hasSize(pointer, entry.size)) return;
  const digest = entry.lfs?.oid ?? entry.oid ?? "";
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(digest))
    throw new FrostError(
      `${settings.endpoint} gives "${digest}" as the hash of ${entry.path}; expected hex digits`,
    );
  const blob = join(repo, "blobs", digest);
  mkdirSync(dirname(blob), { recursive: true });
  mkdirSync(dirname(pointer), { recursive: true });
  if (!hasSize(blob, entry.size)) {
    const content = {
      name: `${entry.path} of "${snapshot.id}"`,
      bytes: entry.size,
      algorithm: entry.lfs ? ("sha256" as const) : ("git" as const),
      digest,
      open: () => openContent(snapshot, entry),
    };
    try {
      await fetchBlob(blob, content, onBytes, signal);
    } catch (error) {
      // The library's streams fail with the bare message of what `hubFetch` threw, and those of fetch with a TypeError.
      if (typeof error === "string") throw new HubUnreachable(error);
      throw error instanceof TypeError ? unreachable(snapshot.id, settings.endpoint, error) : error;
    }
  }
  link(blob, pointer);
}

async function openContent(
  { id, commit, settings, signal }: Snapshot,
  { path, size }: ListFileEntry,
): Promise<Blob> {
  const content = await downloadFile({
    repo: { type: "model", name: id },
    path,
    revision: commit,
    hubUrl: settings.endpoint,
    accessToken: settings.token,
    fetch: hubFetch(id, commit, settings, signal),
    // The Xet protocol, the default, gathers a file from chunks elsewhere; plain HTTP goes on from any byte with one request.
    xet: false,
  });
  if (content?.size === size) return content;
  throw new FrostError(
    `${settings.endpoint} lists ${path} of "${id}" with ${size} bytes, but offers ${content?.size ?? 0}`,
  );
}

function hasSize(path: string, size: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.size === size;
}

/** A relative link, as Python makes it, so that the cache can be moved; a copy where links are not allowed (Windows). */
function link(blob: string, pointer: string): void {
  withUnfinished(pointer, ".tmp", (fresh) => {
    try {
      symlinkSync(relative(dirname(pointer), blob), fresh);
    } catch {
      copyFileSync(blob, fresh);
    }
    renameSync(fresh, pointer);
  });
}
