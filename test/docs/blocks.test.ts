import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { program } from "../../src/cli/program";
import { assertClose } from "../close";
import { type Block, docComments, examplesOf, fencedBlocks, pages, sources, textOf } from "./blocks";
import { type Outcome, type Program, programOfExample, programsOf, runPrograms, wordsOf } from "./programs";
import { makeStandIns } from "./standIns";

const blocks: Block[] = pages.flatMap((file) => fencedBlocks(textOf(file), file));
const examples: Block[] = sources.flatMap((file) => docComments(file).flatMap(examplesOf));

/** What the code of the pages finds there already, made by commands of its own. */
const before: Program[] = [
  "npx frostkit finetune --model data/all-MiniLM-L6-v2 --train train.csv --epochs 1 --save runs/model",
  "npx frostkit sweep --model data/all-MiniLM-L6-v2 --train train.csv --n 0,6 --epochs 1 --out runs/train",
].flatMap((command) =>
  programsOf([
    { file: "test/docs/blocks.test.ts", line: 0, language: "console", note: "", code: `$ ${command}` },
  ]),
);
/** Says after docs/export.md's own code what the model says that was exported there. */
const afterExport = programOfExample({
  file: "test/docs/blocks.test.ts",
  ...{ line: 0, language: "ts", note: "" },
  code: `const exported = await AutoModelForSequenceClassification.fromPretrained("runs/model");
const asked = await loadTokenizer(exported.folder);
const { logits } = exported.forward({ inputIds: [[...asked.encode("My new card has not arrived yet.").inputIds]] });
console.log(JSON.stringify({ classes: exported.classes, logits: [...(await logits.data())] }));`,
});
const programs: Program[] = [
  ...before,
  ...pages.flatMap((file) => [
    ...programsOf(blocks.filter((block) => block.file === file)),
    ...(file === "docs/export.md" ? [afterExport] : []),
  ]),
  ...examples.map(programOfExample),
];

const folder = mkdtempSync(join(tmpdir(), "frostkit-docs-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const ran: Promise<Outcome[]> = makeStandIns(folder).then(() => runPrograms(programs, folder));
ran.catch(() => {});

/** What is not run: output, drawings, and what says why it is not. */
const SHOWN = new Set(["text", "mermaid", "json", "yaml"]);
const RUN = new Set(["ts", "js", "console"]);

describe("Code in the pages and in doc comments", () => {
  test("is run, or marked as output or as not run here, with the reason", () => {
    const unmarked = blocks.filter(
      ({ language, note }) =>
        !SHOWN.has(language) && !RUN.has(language) && !/^not run here: \S.{8}/.test(note),
    );
    // CI runs the README's first block, word for word, in a fresh clone.
    const first = blocks.find(({ file }) => file === "README.md")!;
    assert.deepEqual(
      unmarked.filter((block) => block !== first).map(({ file, line }) => `${file}, line ${line}`),
      [],
    );
    assert.match(first.code, /^npm ci && npm start\b.*\nnpm test\b/);
    assert.ok(blocks.length - unmarked.length > 20 && examples.length > 40);
  });

  test("stands between fences, so that none of it escapes", () => {
    const indented = pages.flatMap((file) => {
      const outside = textOf(file).replace(/^( *)```[\s\S]*?^\1```$/gm, "");
      return /\n\n {4,}\S/.test(outside) ? [file] : [];
    });
    assert.deepEqual(indented, []);
    const inComments = sources.flatMap((file) =>
      docComments(file).flatMap(({ line, text }) =>
        /\n\n {4,}\S/.test(text.replace(/```[\s\S]*?```/g, "")) ? [`${file}, line ${line}`] : [],
      ),
    );
    assert.deepEqual(inComments, []);
    const bare = sources.flatMap((file) =>
      docComments(file).flatMap((comment) =>
        comment.text.split("@example").length - 1 === examplesOf(comment).length
          ? []
          : [`${file}, line ${comment.line}`],
      ),
    );
    assert.deepEqual(bare, [], "every @example holds one fenced block");
  });

  for (const [i, { where, kind, text }] of programs.entries())
    test(`${where}: ${kind === "command" ? text : "type-checks and runs"}`, async () => {
      const { types, error, output } = (await ran)[i];
      assert.deepEqual(types, []);
      assert.equal(error, null, output.slice(-500));
    });

  test("docs/export.md: its pipeline answers as the model does", async () => {
    const outputs = await ran;
    const own = outputs[programs.indexOf(afterExport)].output.trim().split("\n").at(-1)!;
    const { classes, logits } = JSON.parse(own) as { classes: string[]; logits: number[] };
    const best = logits.indexOf(Math.max(...logits));
    const share = 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - logits[best]), 0);
    const { output } =
      outputs[programs.findIndex(({ file, kind }) => file === "docs/export.md" && kind === "js")];
    const [, label, score] = /label: '(.*)', score: ([\d.]+)/.exec(output)!;
    assert.equal(label, classes[best]);
    assertClose([Number(score)], [share], 1e-5);
  });

  test("names commands and options of the kit that there are, where it is not run here", async () => {
    const commands = blocks
      .filter(({ note }) => note.startsWith("not run here:"))
      .flatMap(({ code }) => [...code.matchAll(/^npx frostkit (.*)$/gm)].map(([, words]) => words));
    assert.ok(commands.length > 3);
    for (const words of commands) {
      const frostkit = program();
      for (const command of frostkit.commands) command.action(() => {});
      await assert.doesNotReject(() => frostkit.parseAsync(wordsOf(words), { from: "user" }), words);
    }
  });
});
