// What `npm pack` makes, and what whoever installs it into a project of their own gets: with npm's defaults, an empty home and nothing
// on the machine but Node.js.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { HAS_RUN, hasRun } from "../enginesHere";
import { bareEnvironment } from "./bareEnvironment";

const root = join(__dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "frostkit-package-"));
after(() => rmSync(folder, { recursive: true, force: true }));

execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], { cwd: root });
const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz"))!);
const files = execFileSync("tar", ["tzf", tarball], { encoding: "utf8" })
  .trim()
  .split("\n")
  .map((path) => path.replace(/^package\//, ""));

test("The tarball holds what runs, what is compiled on the user's machine, the bundled data and the notebooks", () => {
  for (const path of [
    ...["dist/index.js", "dist/index.d.ts", "dist/cli/main.js"],
    ...["dist/engine/native/captureStderr.cc", "dist/engine/native/kernels/kernels.cc"],
    ...["dist/engine/native/kernels/gemm.h"],
    ...["data/all-MiniLM-L6-v2/model.safetensors", "data/banking-intents/train.csv"],
    ...["notebooks/01-list-and-freeze.ipynb", "notebooks/ts_magic.py", "README.md", "LICENSE"],
  ])
    assert.ok(files.includes(path), `${path} is missing`);
});

test("It holds no source twice, no test, and nothing that a run left behind", () => {
  const allowed =
    /^(dist\/.*\.(js|d\.ts|js\.map|cc|h)|dist\/\.sources|data\/.*\.(json|safetensors|txt|csv|md)|notebooks\/[\w-]+\.(ipynb|py)|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/;
  assert.deepEqual(
    files.filter((path) => !allowed.test(path)),
    [],
  );
});

test("A file that a run leaves in any folder is not packed", () => {
  // Of a copy, since other tests read the folders themselves meanwhile.
  const copy = join(folder, "copy");
  for (const name of ["package.json", "dist", "notebooks", "README.md", "LICENSE"])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  const left = [
    "notebooks/submission.csv",
    "notebooks/runs/records.jsonl",
    "runs/demo/report.html",
    "data/kaggle.zip",
  ];
  for (const path of left) {
    mkdirSync(join(copy, path, ".."), { recursive: true });
    writeFileSync(join(copy, path), "left\n");
  }
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--dry-run", "--json"], { cwd: copy });
  const paths: string[] = JSON.parse(packed.toString())[0].files.map(({ path }: { path: string }) => path);
  assert.ok(paths.includes("notebooks/ts_magic.py"));
  assert.deepEqual(
    paths.filter((path) => left.includes(path)),
    [],
  );
});

test("It weighs 60 MB at most", () => {
  assert.ok(statSync(tarball).size <= 60e6, `${statSync(tarball).size} bytes`);
});

// The address comes from npm's own settings, and is shown to nobody.
const registry =
  !hasRun("tarball") && spawnSync("npm", ["ping", "--silent"], { timeout: 60_000 }).status === 0;

describe("Installed into an empty project with npm's defaults", {
  skip: hasRun("tarball") ? HAS_RUN : registry ? false : "no npm registry can be reached",
}, () => {
  const project = join(folder, "project");
  const env = bareEnvironment(join(folder, "machine"));
  const run = (command: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: project,
      env,
      encoding: "utf8",
      maxBuffer: 1e9,
    });
    assert.equal(status, 0, `${command} ${args.join(" ")}\n${stdout}${stderr}`);
    return { stdout, stderr };
  };

  before(() => {
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), '{ "name": "own-project", "version": "1.0.0" }\n');
    run("npm", "install", tarball);
  });

  test("the command line lists the bundled model's parameters", () => {
    const model = join("node_modules", "frostkit", "data", "all-MiniLM-L6-v2");
    const { stdout } = run("npx", "--no-install", "frostkit", "list", "--model", model, "--freeze", "3");
    assert.match(stdout, /^bert\.encoder\.layer\.2\.output\.dense\.weight +\[384, 1536\] +589,824 +false$/m);
    assert.match(stdout, /^bert\.encoder\.layer\.3\.output\.dense\.weight +\[384, 1536\] +589,824 +true$/m);
  });

  test("CommonJS and ES modules import it", () => {
    const names = "Object.keys(frostkit).sort().join()";
    const required = run("node", "-e", `const frostkit = require("frostkit"); console.log(${names})`);
    const script = `import * as frostkit from "frostkit"; import { topNLayerFreeze } from "frostkit";
      console.log(${names.replace("(frostkit)", "(frostkit.default)")}); if (!topNLayerFreeze) throw new Error("gone")`;
    const imported = run("node", "--input-type=module", "-e", script);
    assert.match(required.stdout, /\bfreezeWhere\b.*\blistParams\b/);
    assert.equal(imported.stdout, required.stdout);
  });

  test("the demo finds model and table, and what npm left out it fetches from the registry; Ctrl-C ends it", async () => {
    const demo = spawn("npx", ["--no-install", "frostkit", "demo"], { cwd: project, env, detached: true });
    let said = "";
    for (const stream of [demo.stdout, demo.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        const before = said;
        said += text;
        const reads = /rows to train on/;
        if (reads.test(said) && !reads.test(before)) process.kill(-demo.pid!, "SIGINT");
      });
    await once(demo, "close");
    assert.match(said, /^engine: onnxruntime /m);
    assert.match(said, /^600 rows to train on, 1,080 to validate on$/m);
    assert.match(said, /^frostkit demo: stopped; /m);
  });

  test("a sweep over the bundled model and table runs to its report", () => {
    const data = join("node_modules", "frostkit", "data");
    const given = [
      "--model",
      join(data, "all-MiniLM-L6-v2"),
      "--train",
      join(data, "banking-intents", "train.csv"),
    ];
    const sizes = ["--n", "5,6", "--limit", "96", "--epochs", "1", "--out", "runs/own"];
    const { stdout } = run("npx", "--no-install", "frostkit", "sweep", ...given, ...sizes);
    assert.match(stdout, /<- recommended/);
    const made = readdirSync(join(project, "runs", "own"));
    for (const name of ["records.jsonl", "report.html"]) assert.ok(made.includes(name), `${name} is missing`);
    assert.deepEqual(readdirSync(project).sort(), [
      "node_modules",
      "package-lock.json",
      "package.json",
      "runs",
    ]);
  });

  describe("its types", () => {
    const tools = join(folder, "tools");
    const compilers = ["ts50", "ts59", "typescript"];
    before(() => {
      mkdirSync(tools);
      writeFileSync(join(tools, "package.json"), "{}\n");
      const versions = ["ts50@npm:typescript@5.0.4", "ts59@npm:typescript@5.9.3", "typescript@7.0.2"];
      const others = ["publint@0.3.25", "@arethetypeswrong/cli@0.18.5"];
      execFileSync("npm", ["install", "--silent", "--no-save", ...versions, ...others], { cwd: tools });
      run("npm", "install", "--no-save", "@types/node@20");
      cpSync(join(__dirname, "consumer.ts"), join(project, "consumer.ts"));
    });

    for (const compiler of compilers)
      for (const [module, resolution] of [
        ["commonjs", "node10"],
        ["node16", "node16"],
        ["nodenext", "nodenext"],
        ["esnext", "bundler"],
      ])
        test(`hold for ${compiler} with module resolution ${resolution}`, {
          skip: compiler === "typescript" && resolution === "node10" && "TypeScript 7 has no node10 any more",
        }, () => {
          const how = ["--module", module, "--moduleResolution", resolution, "--target", "es2022"];
          // Once a compiler the kit's declarations are checked themselves, which takes it four times as long.
          if (resolution !== "nodenext") how.push("--skipLibCheck");
          const { stdout } = spawnSync(
            process.execPath,
            [
              join(tools, "node_modules", compiler, "bin", "tsc"),
              ...["--noEmit", "--strict", "--types", "node", "--lib", "es2022,dom", ...how, "consumer.ts"],
            ],
            { cwd: project, encoding: "utf8" },
          );
          // tfjs's own declarations have errors for some compilers; frostkit's have none, and what asks for it has none.
          assert.deepEqual(
            stdout.split("\n").filter((line) => /^(error|node_modules\/frostkit|consumer)/.test(line)),
            [],
          );
        });

    for (const tool of ["publint", "attw"])
      test(`pass ${tool}`, () => {
        const { status, stdout, stderr } = spawnSync(
          join(tools, "node_modules", ".bin", tool),
          tool === "publint" ? ["run", tarball, "--strict"] : [tarball, "--no-color"],
          { cwd: tools, encoding: "utf8" },
        );
        assert.equal(status, 0, stdout + stderr);
      });
  });
});
