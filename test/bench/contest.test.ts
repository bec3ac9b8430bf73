import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { whyNot } from "../engine/functions/asGpu";
import { enginesHere } from "../enginesHere";
import { noPython } from "../inPython";
import { contest, type Figures, measure, type Side, type Task } from "./contest";
import { randomCheckpoint } from "./randomCheckpoint";

const folder = mkdtempSync(join(tmpdir(), "frostkit-contest-"));
after(() => rmSync(folder, { recursive: true }));

const model = join(folder, "tiny");
randomCheckpoint(model, join(__dirname, "../fixtures/mini-bert-en"), { layers: 2, hidden: 64 });
const file = join(folder, "rows.csv");
writeFileSync(
  file,
  `text,label\n${Array.from({ length: 12 }, (_, i) => `text number ${i},${i % 2}`).join("\n")}\n`,
);
const table = { train: file, valid: file, text: "text", label: "label", maxLength: 16 };

const steps: Task = { kind: "steps", model, n: [1], batchSize: 2, tokens: 8, steps: 3 };
const sweep: Task = {
  kind: "sweep",
  model,
  ...table,
  n: [0, 2],
  epochs: 1,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 1,
};

const { tensorflow, onnxruntime } = enginesHere();
const skip: Record<Side, string | false> = {
  kit: tensorflow.why ?? false,
  onnxruntime: onnxruntime.why ?? false,
  functions: whyNot() ?? false,
  opByOp: tensorflow.why ?? false,
  peer: noPython,
};

for (const side of ["kit", "peer"] as const) {
  const ask = (task: Task, lines: string[] = []): Promise<Figures> =>
    measure(side, task, (line) => lines.push(line));

  test(`${side}: a sweep gives seconds and accuracy of each depth, and tells of each as it ends.`, {
    skip: skip[side],
  }, async () => {
    for (const precision of ["fp32", "bf16"] as const) {
      const lines: string[] = [];
      const { trials, rows } = await ask({ ...sweep, precision }, lines);
      assert.deepEqual(
        trials?.map(({ n }) => n),
        [0, 2],
      );
      for (const { seconds, accuracy } of trials!) assert.ok(seconds > 0 && accuracy >= 0 && accuracy <= 1);
      assert.deepEqual(rows, [12, 12]);
      assert.deepEqual(
        lines.map((line) => line.split(":")[0]),
        ["N = 0", "N = 2"],
      );
    }
  });

  test(`${side}: seconds of each step and of each product, the process's memory, its threads and versions.`, {
    skip: skip[side],
  }, async () => {
    const products = [
      { m: 4, k: 3, n: 2, count: 1 },
      { m: 4, k: 3, n: 2, transposeA: true, transposeB: true, count: 1 },
    ];
    const { seconds, productSeconds, ...figures } = await ask({ ...steps, kind: "gemm", products });
    assert.equal(seconds?.length, 3);
    for (const each of Object.values(productSeconds!)) {
      assert.equal(each.length, 2);
      for (const taken of each) assert.ok(taken > 0 && taken < 1);
    }
    assert.deepEqual(Object.keys(productSeconds!), side === "kit" ? ["engine", "kit"] : ["engine"]);
    const { peakRssBytes, threads, versions } = figures;
    assert.ok(peakRssBytes! > 50e6 && peakRssBytes! < 5e9, `${peakRssBytes}`);
    assert.equal(threads, availableParallelism());
    assert.ok((side === "kit" ? versions?.tensorflow : versions?.torch)?.startsWith("2."));
  });

  test(`${side}: loading is timed at the call's end, with each weight read, and with each trainable one written.`, {
    skip: skip[side],
  }, async () => {
    const [call, read, written] = (await ask({ kind: "load", model })).seconds!;
    assert.ok(0 < call && call < read && read < written);
  });
}

test("onnxruntime: the kit takes the same steps on that engine.", { skip: skip.onnxruntime }, async () => {
  const { seconds, peakRssBytes, versions } = await measure("onnxruntime", steps, () => {});
  assert.equal(seconds?.length, 3);
  assert.ok(peakRssBytes! > 50e6 && peakRssBytes! < 5e9, `${peakRssBytes}`);
  assert.deepEqual([versions?.engine, versions?.tensorflow], ["onnxruntime", undefined]);
});

for (const side of ["functions", "opByOp"] as const)
  test(`${side}: what each step asks of TensorFlow is counted, and which one had the shorter rows.`, {
    skip: skip[side],
  }, async () => {
    const task: Task = { ...steps, kind: "dispatch", n: [0], steps: 6, otherTokens: 5, seed: 6 };
    const { seconds, dispatched } = await measure(side, task, () => {});
    const { asked, other, losses, probabilities } = dispatched!;
    assert.deepEqual([seconds!.length, asked.length, losses.length], [6, 6, 6]);
    assert.ok(other >= 0 && other < 6);
    assert.equal(probabilities.length, 2 * 2);
    asked.forEach(({ calls, uploads, readings, inside }, i) => {
      assert.ok(
        calls > readings && readings >= 1 && uploads > 1 && inside > 0 && inside < 1000 * seconds![i],
      );
    });
    const last = asked.at(-1)!.calls;
    assert.ok(side === "functions" ? last <= 15 : last > 300, `${last} calls`);
  });

test("What goes wrong is told with the side, the task and its last words.", { skip: skip.kit }, async () => {
  const nowhere = join(folder, "nowhere");
  await assert.rejects(
    measure("kit", { ...steps, model: nowhere }, () => {}),
    (error: Error) => {
      assert.match(error.message, /^kit failed at steps \(status 1\): .*nowhere/);
      return true;
    },
  );
});

test("Sides take turns, the first one changing from round to round, and each round has a task of its own.", {
  skip: skip.kit || skip.peer,
}, async () => {
  const lines: string[] = [];
  const rounds: number[] = [];
  const taskOf = (round: number): Task => {
    rounds.push(round);
    return { kind: "tokenize", model, ...table };
  };
  const { kit, peer } = await contest(taskOf, ["kit", "peer"], 2, (line) => lines.push(line.trim()));
  assert.deepEqual([kit.length, peer.length], [2, 2]);
  assert.deepEqual(rounds, [0, 0, 1, 1]);
  for (const { seconds, rows } of [...kit, ...peer]) {
    assert.ok(seconds![0] > 0);
    assert.deepEqual(rows, [12]);
  }
  assert.deepEqual(
    lines.map((line) => line.replace(/: done.*/, "")),
    ["round 1 of 2, kit", "round 1 of 2, peer", "round 2 of 2, peer", "round 2 of 2, kit"],
  );
});
