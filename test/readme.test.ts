import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { AutoModelForSequenceClassification as Auto } from "../src/checkpoint/AutoModelForSequenceClassification";
import { loadTokenizer } from "../src/data/loadTokenizer";
import { assertClose } from "./close";

const root = join(__dirname, "..");

test("The README's export runs as it stands there and says what the model says", async () => {
  const [, code] = /### Export[\s\S]*?```js\n([\s\S]*?)```/.exec(
    readFileSync(join(root, "README.md"), "utf8"),
  )!;
  const runs = mkdtempSync(join(tmpdir(), "frostkit-readme-"));
  const log = () => {};
  const model = await Auto.fromPretrained(join(root, "data/all-MiniLM-L6-v2"), { classes: ["0", "1"], log });
  await model.savePretrained(join(runs, "model"));
  const [, text] = /classify\("(.*)"\)/.exec(code)!;
  const inputIds = [[...(await loadTokenizer(model.folder)).encode(text).inputIds]];
  const { logits } = model.forward({ inputIds });
  const [a, b] = logits.softmax().dataSync();

  // Top-level await and the package's own name, as in a file of a user's.
  const json = code
    .replace("console.log(await", "console.log(JSON.stringify(await")
    .replace(")); //", "))); //");
  const args = ["--input-type=module", "-e", json.replaceAll('"runs/', `"${runs}/`)];
  const printed = execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  const [answer] = JSON.parse(printed.trim().split("\n").at(-1)!); // in front of it the kit says which engine it took
  assert.equal(answer.label, a > b ? "0" : "1");
  assertClose([answer.score], [Math.max(a, b)], 1e-5);
  logits.dispose();
  model.dispose();
  rmSync(runs, { recursive: true });
});
