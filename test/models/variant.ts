import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../checkpoint/madeByHand";
import { fixture } from "./againstPyTorch";

/** A fixture's checkpoint in a folder of its own, with fields of its config changed; `undefined` takes one away. */
export function variant(name: string, fields: Record<string, unknown>): string {
  const folder = makeFolder();
  const config = JSON.parse(readFileSync(join(fixture(name).folder, "config.json"), "utf8"));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, ...fields }));
  copyFileSync(join(fixture(name).folder, "model.safetensors"), join(folder, "model.safetensors"));
  return folder;
}
