import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { transform } from "esbuild";

const ROOT = join(__dirname, "..");

/**
 * Transpiles sources, by default all of `data`, `src` and `test`, into a folder, once for all test files: each is a process of its
 * own, and tsx takes more than half a second in each.
 *
 * @returns What to give to `node` so that it runs a test file from there.
 */
export async function transpile(folder: string, paths = sources()): Promise<string[]> {
  await Promise.all(
    paths.map(async (path) => {
      const sourcefile = join(ROOT, path);
      const { code } = await transform(readFileSync(sourcefile, "utf8"), {
        ...{ sourcefile, loader: "ts", format: "cjs", platform: "node", target: "node20" },
        ...{ sourcemap: "inline", sourcesContent: false },
      });
      const to = join(folder, path);
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, code);
    }),
  );
  process.env.FROSTKIT_TRANSPILED = folder;
  return ["--enable-source-maps", "--require", join(__dirname, "hook.cjs")];
}

const sources = () =>
  ["data", "src", "test"].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !path.includes("node_modules"))
      .map((path) => join(room, path)),
  );
