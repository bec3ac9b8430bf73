// In a real Python kernel, by Jupyter's own client. Its cells import the kit as `npm run build` made it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { noJupyter, python, pythonNotebook, runInJupyter } from "../notebooks/inJupyter";
import { joined, type KeptOutput, repository } from "../notebooks/runNotebook";

const skip = noJupyter;
/** Why pandas cannot be asked, or false. */
const noPandas: string | false =
  !skip && spawnSync(python, ["-c", "import pandas"]).status !== 0 && "no pandas beside Jupyter";
const temporary = mkdtempSync(join(tmpdir(), "frostkit-magic-"));
after(() => rmSync(temporary, { recursive: true }));

const load = `import sys
sys.path.insert(0, ${JSON.stringify(join(repository, "notebooks"))})
%load_ext ts_magic`;

/** What each cell puts out, the magic being loaded before the first. */
async function outputsOf(cells: string[], env: NodeJS.ProcessEnv = {}): Promise<KeptOutput[][]> {
  const folder = join(repository, "notebooks");
  const { cells: ran } = await runInJupyter(pythonNotebook([load, ...cells]), folder, {
    TMPDIR: temporary,
    ...env,
  });
  const [loading, ...outputs] = ran.map((cell) => cell.outputs!);
  assert.deepEqual(loading, []);
  return outputs;
}

const streamOf = (outputs: KeptOutput[], name: "stdout" | "stderr") =>
  outputs
    .filter((output) => output.name === name)
    .map((output) => joined(output.text!))
    .join("");
const printed = (outputs: KeptOutput[]) => {
  assert.equal(errorOf(outputs), undefined, streamOf(outputs, "stderr"));
  assert.equal(streamOf(outputs, "stderr"), "");
  return stripVTControlCharacters(streamOf(outputs, "stdout"));
};
const errorOf = (outputs: KeptOutput[]) => {
  const error = outputs.find((output) => output.output_type === "error");
  return error && `${error.ename}: ${error.evalue}`;
};

test("Cells share one TypeScript kernel, between Python's cells, and a cell that fails costs nothing but itself", {
  skip,
}, async () => {
  const [, first, python, failing, notTyped, next] = await outputsOf([
    "word = 'Python'",
    '%%ts\nconst word = "TypeScript";\nconsole.log(word);',
    "print(word)",
    '%%ts\nconsole.log("before");\nthrow new RangeError("too far");',
    "%%ts\nconst number: number = word;",
    "%%ts\nconsole.log(word.length);",
  ]);
  assert.equal(printed(first), "TypeScript\n");
  assert.equal(printed(python), "Python\n");
  assert.equal(errorOf(failing), "TypeScriptError: the cell failed, see above");
  assert.equal(streamOf(failing, "stdout"), "before\n");
  assert.match(streamOf(failing, "stderr"), /RangeError: too far/);
  assert.equal(errorOf(notTyped), "TypeScriptError: the cell failed, see above");
  assert.match(streamOf(notTyped, "stderr"), /Type 'string' is not assignable to type 'number'/);
  assert.equal(printed(next), "10\n");
});

test("Every one of 10,000 lines arrives, in order, whichever stream it is written to", { skip }, async () => {
  const [many, both, long] = await outputsOf([
    "%%ts\nfor (let i = 0; i < 10_000; i++) console.log('line ' + i);",
    '%%ts\nfor (const name of ["a", "b", "c"]) {\n  console.log(name);\n  console.error(name);\n}',
    '%%ts\nconsole.log("x".repeat(2_000_000));',
  ]);
  assert.equal(printed(many), Array.from({ length: 10_000 }, (_, i) => `line ${i}\n`).join(""));
  assert.deepEqual([streamOf(both, "stdout"), streamOf(both, "stderr")], ["a\nb\nc\n", "a\nb\nc\n"]);
  assert.equal(printed(long).length, 2_000_001);
});

test("Displays come as they are, and an update takes the place of what it updates", { skip }, async () => {
  const [shown, figure] = await outputsOf([
    `%%ts
import { newDisplay } from "tslab";
const display = newDisplay();
for (const word of ["one", "two", "three"]) display.html(word);
newDisplay().html("beside");`,
    `%%ts
import { show } from "frostkit";
await show({ data: [{ type: "scatter", x: [1], y: [2] }], layout: { title: { text: "A point" } } });`,
  ]);
  assert.deepEqual(
    shown.map(({ output_type, data }) => [output_type, joined(data!["text/html"] as string)]),
    [
      ["display_data", "three"],
      ["display_data", "beside"],
    ],
  );
  assert.deepEqual(Object.keys(figure[0].data!).sort(), [
    "application/vnd.plotly.v1+json",
    "image/png",
    "text/html",
    "text/plain",
  ]);
});

test("Values go both ways, typed where they are small", { skip }, async () => {
  const [, there, back, big, arrays, undefinedName, noJson] = await outputsOf([
    'rows = [{"text": "naïve \\u2028 \\"x\\"", "target": 1}]\nmany = list(range(100_000))',
    `%%ts -i rows -i many -o summary
const target: number = rows[0].target;
// A small value's fields are known to the compiler.
const summary = { text: rows[0].text.toUpperCase(), target, count: many.length, none: undefined as unknown };`,
    "print(summary)",
    "%%ts -o doubled\nconst doubled = many.map((value) => value * 2);",
    "%%ts -o floats\nconst floats = new Float32Array([0.5, 1]);\nconsole.log(many[99_999]);",
    "%%ts -i nowhere\n1;",
    "hole = float('nan')\nget_ipython().run_cell_magic('ts', '-i hole', '1;')",
  ]);
  assert.equal(printed(there), "");
  assert.equal(printed(back), `{'text': 'NAÏVE \\u2028 "X"', 'target': 1, 'count': 100000, 'none': None}\n`);
  assert.equal(printed(big), "");
  assert.equal(printed(arrays), "99999\n");
  assert.match(JSON.stringify(undefinedName), /-i nowhere: there is no Python variable of this name/);
  assert.match(
    JSON.stringify(noJson),
    /-i hole: expected a value that JavaScript can hold as it is, got nan; None stands for what is not there/,
  );
  const [, , checked] = await outputsOf([
    "%%ts -o floats,doubled\nconst floats = new Float32Array([0.5, 1]);\nconst doubled = [2, 4];",
    "print(floats, doubled)",
    "print(floats + doubled)",
  ]);
  assert.equal(printed(checked), "[0.5, 1, 2, 4]\n");
});

/** What the magic makes of Python values, without a kernel: their JSON, or what is wrong with them. */
async function handedIn(set: string, values: string[]): Promise<string[]> {
  const [out] = await outputsOf([
    `import ts_magic
${set}
for value in [${values.map((value) => `lambda: ${value}`).join(", ")}]:
    try:
        print(ts_magic.to_json("x", value()))
    except Exception as error:
        print(error)`,
  ]);
  return printed(out).trimEnd().split("\n");
}

test("What JavaScript cannot hold as Python has it is refused by its place; the rest goes in to the last digit", {
  skip,
}, async () => {
  const cases: [string, string][] = [
    ["1e-12", "1e-12"],
    ["5e-324", "5e-324"],
    [
      "[2**53 - 1, -(2**53 - 1), -0.0, True, None]",
      "[9007199254740991, -9007199254740991, -0.0, true, null]",
    ],
    [
      "{'rows': [{'id': 2**53 + 1}]}",
      "-i x['rows'][0]['id']: expected a value that JavaScript can hold as it is, got 9007199254740993, which no JavaScript number is; hand it in as text: str, or .astype(str) of a column",
    ],
    [
      "[1.0, float('inf')]",
      "-i x[1]: expected a value that JavaScript can hold as it is, got inf; None stands for what is not there",
    ],
    ["{1: 'a', 'b': (1, 2)}", '{"1": "a", "b": [1, 2]}'],
    [
      "{1: 'a', '1': 'b'}",
      "-i x: expected a value that JavaScript can hold as it is, got keys that are the same as text",
    ],
    [
      "{None: 1}",
      "-i x[None]: expected a value that JavaScript can hold as it is, got a NoneType as key; keys are texts",
    ],
    ["{1, 2}", "-i x: expected a value that JavaScript can hold as it is, got a set"],
    ["[b'a']", "-i x[0]: expected a value that JavaScript can hold as it is, got a bytes"],
    [
      "itself",
      "-i x[0]: expected a value that JavaScript can hold as it is, got an object that refers to itself",
    ],
    ["datetime.date(2024, 1, 2)", '"2024-01-02"'],
    ["decimal.Decimal('0.1')", "-i x: expected a value that JavaScript can hold as it is, got a Decimal"],
  ];
  const set = "import datetime, decimal\nitself = []\nitself.append(itself)";
  const told = await handedIn(
    set,
    cases.map(([value]) => value),
  );
  assert.deepEqual(
    told,
    cases.map(([, text]) => text),
  );
});

test("Data frames and arrays go in to the last digit, what is missing as null", {
  skip: skip || noPandas,
}, async () => {
  const cases: [string, string][] = [
    ["np.array([[1, 2]])", "[[1, 2]]"],
    ["np.float32(0.1)", "0.10000000149011612"],
    [
      "np.array([1.0, np.nan])",
      "-i x[1]: expected a value that JavaScript can hold as it is, got nan; None stands for what is not there",
    ],
    [
      "np.array(['2024-01-01'], dtype='datetime64[ns]')",
      "-i x: expected a value that JavaScript can hold as it is, got numbers of type datetime64[ns]; convert them: .astype(str), or .astype(float)",
    ],
    [
      "np.array([2**53], dtype='uint64')[0]",
      "-i x: expected a value that JavaScript can hold as it is, got 9007199254740992, which no JavaScript number is; hand it in as text: str, or .astype(str) of a column",
    ],
    [
      "pd.DataFrame({'a': [1, 2], 'b': [1e-12, None], 'c': ['x', None], 't': pd.to_datetime(['2024-01-01', None])})",
      '[{"a": 1, "b": 1e-12, "c": "x", "t": "2024-01-01T00:00:00"}, {"a": 2, "b": null, "c": null, "t": null}]',
    ],
    ["pd.Series([1, None], dtype='Int64')", "[1, null]"],
    [
      "pd.DataFrame([[1, 2]], columns=['a', 'a'])",
      "-i x: expected a value that JavaScript can hold as it is, got the column 'a' twice",
    ],
    [
      "pd.DataFrame({'id': [2**62]})",
      "-i x.id[0]: expected a value that JavaScript can hold as it is, got 4611686018427387904, which no JavaScript number is; hand it in as text: str, or .astype(str) of a column",
    ],
    [
      "pd.DataFrame({'f': [float('inf')]})",
      "-i x.f[0]: expected a value that JavaScript can hold as it is, got inf; None stands for what is not there",
    ],
    ["pd.DataFrame()", "[]"],
  ];
  const told = await handedIn(
    "import numpy as np, pandas as pd",
    cases.map(([value]) => value),
  );
  assert.deepEqual(
    told,
    cases.map(([, text]) => text),
  );
});

test("What comes out is what TypeScript had, or the cell fails and says why", { skip }, async () => {
  const [cell, seen, refused, absent, , reserved] = await outputsOf([
    "%%ts -o some\nconst some = [NaN, Infinity, -0, 12345678901234567890, 2n ** 64n, new Map([['a', 1]]), 1e-12];",
    "print(some, some[3] == 12345678901234567890.0)",
    "%%ts -o none\nconst none = { it: new Set([1]) };",
    "%%ts -o absent\nvar there = 1;",
    "case = 1",
    "%%ts -i case\nconsole.log(1);",
  ]);
  assert.equal(printed(cell), "");
  assert.equal(
    printed(seen),
    "[nan, inf, -0.0, 1.2345678901234567e+19, 18446744073709551616, {'a': 1}, 1e-12] True\n",
  );
  assert.equal(errorOf(refused), "TypeScriptError: the cell failed, see above");
  assert.match(
    streamOf(refused, "stderr"),
    /^InputError: -o none\.it: expected a value that Python can hold as it is, got a Set; hand out \[\.\.\.it\]\n$/,
    "no line of the magic's own",
  );
  assert.equal(
    streamOf(absent, "stderr"),
    "UsageError: -o absent: there is no TypeScript variable of this name\n",
  );
  assert.equal(
    streamOf(reserved, "stderr"),
    "UsageError: case: this word means something in TypeScript, where no variable can be called so; rename it\n",
  );
});

test("The stop button stops the cell and leaves its variables; a cell that does not stop is ended with its kernel", {
  skip,
}, async () => {
  const press = (seconds: number[]) =>
    `import os, signal, threading\nfor s in ${JSON.stringify(seconds)}:\n    threading.Timer(s, os.kill, (os.getpid(), signal.SIGINT)).start()`;
  const [, , stopped, kept, , deaf, anew] = await outputsOf([
    "%%ts\nlet kept = 7;",
    press([1.5]),
    "%%ts\nkept = 8;\nwhile (true) { }",
    "%%ts\nconsole.log(kept);",
    press([1.5, 1.8, 2.1]),
    "%%ts\nawait null;\nwhile (true) { }",
    "%%ts\nconsole.log(typeof kept);",
  ]);
  assert.equal(errorOf(stopped), "TypeScriptError: stopped");
  assert.equal(printed(kept), "8\n");
  assert.match(errorOf(deaf)!, /the TypeScript kernel was ended, since the cell did not stop/);
  assert.match(streamOf(deaf, "stderr"), /Stop once more to end the TypeScript kernel/);
  assert.match(streamOf(anew, "stdout"), /^A new TypeScript kernel starts: run the %%ts cells above again/);
});

test("A kernel that dies is reported, in its cell or the next one, and a new one takes its place", {
  skip,
}, async () => {
  const [, died, anew, , between] = await outputsOf([
    "%%ts\nlet n = 1;",
    '%%ts\nprocess.kill(process.pid, "SIGKILL");',
    "%%ts\nlet n = 2;\nconsole.log(n);",
    "%%ts\nsetTimeout(() => process.exit(3), 200);",
    "import time\ntime.sleep(1)\nget_ipython().run_cell_magic('ts', '', 'console.log(3);')",
  ]);
  assert.equal(
    errorOf(died),
    "TypeScriptError: the TypeScript kernel ended (SIGKILL, likely out of memory) and with it its variables; the next %%ts cell starts a new one",
  );
  const news = "A new TypeScript kernel starts: run the %%ts cells above again for their variables.\n";
  assert.equal(printed(anew), `${news}2\n`);
  assert.equal(printed(between), `The TypeScript kernel had ended (exit code 3).\n${news}3\n`);
});

test("%ts_restart forgets what was", { skip }, async () => {
  const [, restarted, after] = await outputsOf([
    "%%ts\nconst gone = 1;",
    "%ts_restart",
    "%%ts\nconsole.log(gone);",
  ]);
  assert.equal(printed(restarted), "");
  assert.match(streamOf(after, "stderr"), /Cannot find name 'gone'/);
});

test("Without Node.js the cell says what to do", { skip }, async () => {
  const [cell] = await outputsOf([
    "import os\nos.environ.pop('FROSTKIT_NODE')\nos.environ['PATH'] = ''\nget_ipython().run_cell_magic('ts', '', '1;')",
  ]);
  assert.match(errorOf(cell)!, /^TypeScriptError: expected Node\.js 20 or later on the PATH, found none/);
});

test("Nothing is left of the TypeScript kernel when Python ends, be it killed amid a cell that loops", {
  skip,
}, async () => {
  const ends = ["pass", "import os; os._exit(1)"];
  for (const end of ends) {
    const [pid] = await outputsOf([
      "%%ts\nconsole.log(process.pid);\nsetTimeout(() => { while (true) { } }, 300);",
      "import time; time.sleep(1)",
      end,
    ]);
    const path = `/proc/${printed(pid).trim()}`;
    for (let i = 0; i < 50 && existsSync(path); i++) await setTimeout(100);
    assert.ok(!existsSync(path), end);
  }
});
