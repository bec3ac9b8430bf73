import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What is needed of the compiler that runs in tslab. */
interface TypeScript {
  createProgram(files: string[], options: object): { getSourceFiles(): { fileName: string }[] };
  ScriptTarget: { ES2022: number };
  ModuleKind: { CommonJS: number };
  ModuleResolutionKind: { Node10: number };
}

/**
 * The declarations that a notebook's cells are compiled against, in the folder `root` in which the kit `kit` is installed: asked of
 * the compiler that tslab brings, with tslab's own settings, as a cell that imports frostkit would have it.
 */
export function typeFiles(root: string, kit: string): string[] {
  const tslab = createRequire(join(kit, "package.json")).resolve("tslab/dist/main.js");
  const ts = createRequire(tslab)("@tslab/typescript-for-tslab") as TypeScript;
  const types = dirname(dirname(createRequire(tslab).resolve("@types/node/package.json")));
  const { types: entry } = JSON.parse(readFileSync(join(kit, "package.json"), "utf8")) as { types: string };
  const program = ts.createProgram([join(kit, entry)], {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts"],
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    esModuleInterop: true,
    resolveJsonModule: true,
    // Whatever stands there is part of every cell.
    typeRoots: [join(root, "node_modules/@types"), types],
  });
  return program.getSourceFiles().map(({ fileName }) => fileName);
}
