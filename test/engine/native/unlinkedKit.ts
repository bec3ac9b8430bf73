import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { nodeModules, packageCopy } from "./fakes";

/**
 * A copy of the compiled kit in which tfjs-node-gpu has no binding yet: its command line's main file. All other packages are
 * links to those that are installed.
 */
export function unlinkedKit(): string {
  const modules = join(packageCopy({ whole: true }).package, "../..");
  const kit = join(modules, "..");
  for (const name of readdirSync(nodeModules))
    if (name !== "@tensorflow") symlinkSync(join(nodeModules, name), join(modules, name));
  for (const name of readdirSync(join(nodeModules, "@tensorflow")))
    if (name !== "tfjs-node-gpu")
      symlinkSync(join(nodeModules, "@tensorflow", name), join(modules, "@tensorflow", name));
  const repository = join(__dirname, "../../..");
  for (const name of ["dist", "package.json"])
    cpSync(join(repository, name), join(kit, name), { recursive: true });
  // Where the C++ that is compiled here stands.
  mkdirSync(join(kit, "src/engine"), { recursive: true });
  cpSync(join(repository, "src/engine/native"), join(kit, "src/engine/native"), { recursive: true });
  symlinkSync(join(repository, "data"), join(kit, "data"));
  return join(kit, "dist/cli/main.js");
}
