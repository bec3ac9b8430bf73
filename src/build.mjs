// node src/build.mjs: brings dist up to date, and does nothing where it is. Every script that needs dist runs it first, since npm
// skips pre- and post-scripts wherever `ignore-scripts` is set. dist is made beside itself and put in place when it is whole: a
// build that fails leaves the one before.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const stamp = join(dist, ".sources");

const sources = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .sort();

/** SHA-256 of everything that a build reads. */
function hashSources() {
  const hash = createHash("sha256");
  for (const name of [...sources, "tsconfig.json", ".tsconfig.build.json", "package-lock.json"])
    hash.update(`${name.split(sep).join("/")}\n`).update(readFileSync(join(root, name)));
  return hash.digest("hex");
}

const hash = hashSources();
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== hash) {
  const staging = join(root, `.dist-${process.pid}`);
  // The compiler is silent for as long as it takes.
  if (process.env.npm_lifecycle_event === "start")
    console.error("building frostkit from its sources, once after each change: some 20 seconds");
  try {
    await build(staging);
    writeFileSync(join(staging, ".sources"), hash);
    replace(staging);
  } catch (error) {
    console.error(`build: ${error.message}`);
    process.exitCode = 1;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
if (process.exitCode === undefined) linkCommand();

async function build(folder) {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  if (!existsSync(compiler)) throw new Error("TypeScript is not installed: run npm ci first");
  try {
    execFileSync(process.execPath, [compiler, "-p", ".tsconfig.build.json", "--outDir", folder], {
      cwd: root,
      stdio: "inherit",
    });
  } catch {
    throw new Error("the TypeScript compiler found the errors above");
  }
  chmodSync(join(folder, "cli/main.js"), 0o755);
  await bundleGradients(join(folder, "engine/gradients.bundle.js"));
  // What is compiled on the user's machine is shipped beside what uses it.
  for (const name of sources.filter((name) => [".cc", ".h"].includes(extname(name))))
    cpSync(join(root, name), join(folder, relative("src", name)));
}

/**
 * tfjs-core comes without gradients and methods of tensors: it ships both as ES modules that Node.js does not read where they lie. So
 * they are made one file; engine/tfjsGradients.ts loads it.
 */
async function bundleGradients(file) {
  await bundle({
    stdin: {
      contents: ["register_all_gradients", "public/chained_ops/register_all_chained_ops"]
        .map((name) => `import "@tensorflow/tfjs-core/dist/${name}";`)
        .join("\n"),
      resolveDir: root,
    },
    outfile: file,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["node-fetch"],
    logLevel: "warning",
  });
}

function replace(staging) {
  const old = `${staging}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(staging, dist);
  rmSync(old, { recursive: true, force: true });
}

/** `npx frostkit` in the clone. npm links a command when it installs, and only where its file is there already. */
function linkCommand() {
  const commands = join(root, "node_modules/.bin");
  if (!existsSync(commands) || readdirSync(commands).some((name) => /^frostkit(\.cmd)?$/.test(name))) return;
  try {
    execFileSync("npm", ["rebuild", "--ignore-scripts", "--silent", "frostkit"], {
      cwd: root,
      shell: process.platform === "win32",
    });
  } catch {
    console.error(
      "build: npx frostkit is not linked (npm is not on the PATH); node dist/cli/main.js does the same",
    );
  }
}
