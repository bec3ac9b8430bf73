import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startLocalHub } from "../../checkpoint/localHub";
import { writeTinyModel } from "../../tinyInputs";
import type { Scenario } from "../Scenario";
import { commandLine } from "./commandLine";

const ID = "org/tiny";
/** What is sent at once, and the pause before more follows: the run is disturbed while a file is on its way. */
const PIECE = 8192;
const MILLISECONDS = 5;

/** A model that is fetched from a Hub of our own, slowly; `atEnd` is told how to stop that. */
export async function fetched(
  scratch: string,
  atEnd: (stop: () => Promise<void>) => void,
): Promise<Scenario> {
  const folder = mkdtempSync(join(scratch, "hub-"));
  writeTinyModel(folder);
  const files = Object.fromEntries(
    ["config.json", "vocab.txt", "model.safetensors"].map((name) => [
      name,
      { bytes: readFileSync(join(folder, name)), lfs: name === "model.safetensors" },
    ]),
  );
  rmSync(folder, { recursive: true });
  const hub = await startLocalHub(ID, files, atEnd);
  hub.intercept = (request, response, name) => {
    const { bytes } = files[name];
    const [, from = "0", to = String(bytes.length - 1)] =
      /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const part = bytes.subarray(Number(from), Number(to) + 1);
    if (part.length <= PIECE) return false;
    const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`;
    response.writeHead(request.headers.range ? 206 : 200, {
      ...{ "Content-Length": part.length, ETag: `"${name}"` },
      ...(request.headers.range && { "Content-Range": range }),
    });
    void (async () => {
      for (let at = 0; at < part.length && !response.destroyed; at += PIECE) {
        response.write(part.subarray(at, at + PIECE));
        await setTimeout(MILLISECONDS);
      }
      response.end();
    })();
    return true;
  };
  return {
    name: "fetch",
    prepare() {},
    args: () => [commandLine, "list", "--model", ID],
    env: () => ({ HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "" }),
    whole: /^home\/.*\/(blobs\/[0-9a-f]+|refs\/\w+|snapshots\/[0-9a-f]+\/[a-z]+[\w.]+)$/,
  };
}
