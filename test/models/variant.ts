import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixture } from "./againstPyTorch";

const made: string[] = [];
process.once("exit", () => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

/** A fixture's checkpoint in a folder of its own, with fields of its config changed; `undefined` takes one away. */
export function variant(name: string, fields: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-variant-"));
  const config = JSON.parse(readFileSync(join(fixture(name).folder, "config.json"), "utf8"));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, ...fields }));
  copyFileSync(join(fixture(name).folder, "model.safetensors"), join(folder, "model.safetensors"));
  made.push(folder);
  return folder;
}
