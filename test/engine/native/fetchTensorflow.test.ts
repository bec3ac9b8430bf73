import assert from "node:assert/strict";
import fs, { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, type TestContext, test } from "node:test";
import { fetchTensorflow } from "../../../src/engine/native/fetchTensorflow";
import { FrostError } from "../../../src/errors";
import { fakeCommand, fakeWheel, setEnv, temporaryFolder, write } from "./fakes";

const { PATH } = process.env;
let cache: string;
beforeEach(() => {
  cache = temporaryFolder();
  setEnv({ PATH, FROSTKIT_CACHE: cache });
});

/** A python3 whose pip copies a wheel to its --target, and writes down how it was called. */
function pip(wheel: string): string {
  const log = join(temporaryFolder(), "log");
  const folder = fakeCommand(
    "python3",
    `echo "$@" > ${log}; echo "$TMPDIR" >> ${log}
    while [ "$1" != --target ]; do shift; done
    mkdir -p "$2" && cp -r ${wheel}/. "$2"`,
  );
  setEnv({ PATH: `${folder}:${PATH}` });
  return log;
}

/** A disk with this many gigabytes free. */
function roomFor(t: TestContext, gigabytes: number): void {
  t.mock.method(fs, "statfsSync", () => ({ bavail: gigabytes * 1e6, bsize: 1000 }));
}

const x64 = process.arch === "x64";

test("pip lays the wheel for processors alone into the cache folder, without the packages that Python would need", async (t) => {
  roomFor(t, 3);
  const wheel = temporaryFolder();
  fakeWheel(wheel, { version: "2.21.0" });
  const log = pip(wheel);
  const tensorflow = await fetchTensorflow({ gpu: false });
  assert.equal(tensorflow.folder, join(cache, "tensorflow/tensorflow"));
  assert.equal(tensorflow.version, "2.21.0");
  const [args, tmpdir] = readFileSync(log, "utf8").trim().split("\n");
  assert.match(args, /^-m pip install .*--no-cache-dir/);
  assert.ok(args.endsWith(` --no-deps ${x64 ? "tensorflow-cpu" : "tensorflow"}<3`), args);
  assert.ok(tmpdir.startsWith(cache), "what pip writes on its way stays in the cache folder");
  assert.deepEqual(readdirSync(cache), ["tensorflow"]);
});

test("For a GPU the wheels with CUDA come along, and are found beside it", async (t) => {
  roomFor(t, 10);
  const wheel = temporaryFolder();
  fakeWheel(wheel, { cuda: "12.5.1" });
  write(join(wheel, "nvidia/cudnn/lib/libcudnn.so.9"));
  const log = pip(wheel);
  const { cudaLibraries } = await fetchTensorflow({ gpu: true });
  assert.deepEqual(cudaLibraries, [join(cache, "tensorflow/nvidia/cudnn/lib/libcudnn.so.9")]);
  assert.match(readFileSync(log, "utf8"), / tensorflow\[and-cuda\]<3\n/);
  assert.doesNotMatch(readFileSync(log, "utf8"), /--no-deps/);
});

test("A disk with too little room is found out before anything is downloaded", async (t) => {
  roomFor(t, 5);
  const log = pip(temporaryFolder());
  await assert.rejects(
    fetchTensorflow({ gpu: true }),
    /^FrostError: the disk of .* is too full: 9 GB are needed and 5\.0 GB are free; .*FROSTKIT_CACHE$/,
  );
  assert.ok(!existsSync(log));
  assert.deepEqual(readdirSync(cache), []);
});

test("A download that fails leaves the TensorFlow of before, and nothing half done", async () => {
  fakeWheel(join(cache, "tensorflow"));
  const python = fakeCommand(
    "python3",
    `while [ "$1" != --target ]; do shift; done
    mkdir -p "$2/tensorflow"; echo "OSError: [Errno 28] No space left on device" >&2; exit 1`,
  );
  setEnv({ PATH: `${python}:${PATH}` });
  await assert.rejects(fetchTensorflow({ gpu: false }), (error: Error) => {
    assert.ok(error instanceof FrostError);
    assert.match(error.message, /^the disk is full: .*FROSTKIT_CACHE/);
    return true;
  });
  assert.deepEqual(readdirSync(cache), ["tensorflow"]);
  assert.ok(existsSync(join(cache, "tensorflow/tensorflow/__init__.py")));
});

test("Without Python the line says so, and a cache folder that cannot be made is named", async () => {
  setEnv({ PATH: temporaryFolder() });
  await assert.rejects(fetchTensorflow({ gpu: false }), /^FrostError: no Python: --pip needs python3/);
  const file = write(join(temporaryFolder(), "file"));
  setEnv({ FROSTKIT_CACHE: join(file, "cache") });
  await assert.rejects(fetchTensorflow({ gpu: false }), /ENOTDIR|cannot be written/);
});
