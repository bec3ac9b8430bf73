import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join, relative } from "node:path";
import type { Place } from "./Place";
import type { Scenario } from "./Scenario";

/** Fields of a record that no two runs share. */
const TIMES = ["frozenSeconds", "frozenFrom", "trainSeconds", "evalSeconds", "peakRssBytes"];

/** Where a trial's predictions do not fit on the disk its record goes without them, and a line says so. */
const PREDICTIONS = /\/predictions\//;

/**
 * What lies in a place: a short word for the content of each file, by path; of folders that hold nothing "empty". `bare`: without
 * predictions, and without what records say of them.
 */
export function contents(place: Place, { timed }: Scenario, bare = false): Map<string, string> {
  const found = new Map<string, string>();
  const look = (folder: string) => {
    const names = readdirSync(folder);
    if (names.length === 0) found.set(`${nameOf(folder, place.root)}/`, "empty");
    for (const name of names) {
      const path = join(folder, name);
      const stats = lstatSync(path);
      if (bare && PREDICTIONS.test(`${path}/`)) continue;
      if (stats.isDirectory()) look(path);
      else
        found.set(
          nameOf(path, place.root),
          stats.isSymbolicLink() ? `leads to ${readlinkSync(path)}` : wordFor(path, place.root, timed, bare),
        );
    }
  };
  for (const folder of place.watched) look(folder);
  return found;
}

/** Runs that are continued count on when they number their states. */
const nameOf = (path: string, root: string): string =>
  relative(root, path).replace(/\/state-\d+/, "/state-#");

function wordFor(path: string, root: string, timed: RegExp | undefined, bare: boolean): string {
  const bytes = readFileSync(path);
  if (timed?.test(nameOf(path, root))) return isEnded(path, bytes) ? "ends as it should" : "broken off";
  const text = bytes.toString("latin1").replaceAll(root, "<case>");
  const lines = basename(path) === "records.jsonl" ? comparable(text, bare) : text;
  return `${bytes.length === 0 ? "nothing" : createHash("sha256").update(lines).digest("hex").slice(0, 16)}`;
}

/** Whether a file ends as files of its kind do. */
function isEnded(path: string, bytes: Buffer): boolean {
  const end = bytes.toString("latin1").trimEnd();
  if (path.endsWith(".html")) return end.endsWith("</html>");
  if (path.endsWith(".svg")) return end.endsWith("</svg>");
  if (path.endsWith(".png")) return bytes.includes("IEND");
  if (path.endsWith(".safetensors")) return bytes.length > 0;
  if (path.endsWith(".csv")) return bytes.at(-1) === 0x0a;
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

/** Records without what no two runs share. */
function comparable(text: string, bare: boolean): string {
  const left = bare ? [...TIMES, "predictions"] : TIMES;
  try {
    return text
      .split("\n")
      .map((line) =>
        line === ""
          ? ""
          : JSON.stringify(JSON.parse(line, (key, value) => (left.includes(key) ? undefined : value))),
      )
      .join("\n");
  } catch {
    return text;
  }
}

/** In what a place differs from the one of an undisturbed run; empty where it does not. */
export function differences(got: Map<string, string>, expected: Map<string, string>): string[] {
  return [...new Set([...expected.keys(), ...got.keys()])].sort().flatMap((path) => {
    const [here, there] = [got.get(path), expected.get(path)];
    if (here === there) return [];
    if (there === undefined) return `${path} is left`;
    return here === undefined ? `${path} is missing` : `${path} is not as undisturbed: ${here}, not ${there}`;
  });
}
