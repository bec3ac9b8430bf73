import { checkFolder } from "../../../src/cli/packing/writeKit";
import { mutatedJson } from "../mutated";
import type { Target } from "../Target";

const MANIFEST = Buffer.from(
  JSON.stringify({
    frostkit: "0.1.0",
    node: "22.0.0",
    platform: "linux x64 glibc",
    files: ["node_modules/frostkit/package.json", "node_modules/frostkit/dist/index.js"],
  }),
);

/** The list that a packed kit holds of its files, by which packing again removes them. */
export const packTarget: Target = {
  name: "pack",
  cases: mutatedJson([MANIFEST]).map((manifest) => ({
    "frostkit-pack.json": manifest,
    "node_modules/frostkit/package.json": Buffer.from("{}"),
  })),
  read: (folder) => checkFolder(folder),
};
