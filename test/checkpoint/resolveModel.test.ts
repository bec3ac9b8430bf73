import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs, {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { beforeEach, test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { findModel, resolveModel } from "../../src/checkpoint/resolveModel";
import { Random } from "../../src/random";
import { git, type HubFile, type LocalHub, sha256, startLocalHub } from "./localHub";
import { makeFolder } from "./madeByHand";
import { writeSafetensors } from "./writeSafetensors";

const id = "somebody/tiny-bert";

// Each test has a cache of its own, and nothing of the machine's own Hub settings.
let home = "";
beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (/^(HF_|HUGGING|TRANSFORMERS_)/.test(name)) delete process.env[name];
  home = makeFolder();
  process.env.HF_HOME = home;
});

/** A safetensors file of one tensor with 250,000 random elements: about a megabyte. */
function weights(seed: number): Buffer {
  const path = join(makeFolder(), "w.safetensors");
  const random = new Random(seed, "weights");
  const data = Float32Array.from({ length: 250_000 }, () => random.uniform());
  writeSafetensors(path, [{ name: `w${seed}`, shape: [data.length], data }]);
  return readFileSync(path);
}
const model = weights(0);
const half = Math.floor(model.length / 2);

const text = (value: string): HubFile => ({ bytes: Buffer.from(value) });

async function start(files: Record<string, HubFile> = {}): Promise<LocalHub> {
  const hub = await startLocalHub(id, {
    ".gitattributes": text("*.safetensors filter=lfs\n"),
    "README.md": text("# tiny"),
    "config.json": text('{"model_type": "bert"}'),
    "model.safetensors": { bytes: model, lfs: true },
    "onnx/": text(""),
    "pytorch_model.bin": { bytes: Buffer.from("the same in another format"), lfs: true },
    "tf_model.h5": { bytes: Buffer.from("and in a third"), lfs: true },
    "tokenizer.json": text("{}"),
    "vocab.txt": text("[PAD]\n"),
    ...files,
  });
  process.env.HF_ENDPOINT = hub.endpoint;
  return hub;
}

/** Sends the first half of the weights, then nothing more until it is cut. */
function sendHalf(hub: LocalHub): { cut(): void } {
  let cut = () => {};
  hub.intercept = (_, response, file) => {
    if (file !== "model.safetensors") return false;
    hub.intercept = () => false;
    response.setHeader("Content-Length", model.length);
    response.write(model.subarray(0, half));
    cut = () => response.destroy();
    return true;
  };
  return { cut: () => cut() };
}

const repo = () => join(home, "hub", "models--somebody--tiny-bert");
const blob = () => join(repo(), "blobs", sha256(model));
const partials = () => readdirSync(join(repo(), "blobs")).filter((name) => name.endsWith(".incomplete"));
const contentRequests = (hub: LocalHub) =>
  hub.requests.filter(({ path, range }) => /^\/[^/]*$|\/resolve\//.test(path) && range !== "bytes=0-0");

test("A folder that exists is used in place, wherever it is", async () => {
  const folder = makeFolder();
  assert.equal(await resolveModel(folder), folder);
  const fromHere = relative(process.cwd(), folder);
  assert.equal(await resolveModel(fromHere), fromHere);
});

test("A model is fetched into the layout that Python's huggingface_hub uses: only config, weights and tokenizer", async () => {
  const hub = await start();
  const folder = await resolveModel(id);
  assert.equal(folder, join(repo(), "snapshots", hub.commit));
  const files = ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"];
  assert.deepEqual(readdirSync(folder).sort(), files);
  for (const name of files) {
    const { bytes, lfs } = hub.files[name];
    assert.equal(readlinkSync(join(folder, name)), `../../blobs/${lfs ? sha256(bytes) : git(bytes)}`);
    assert.deepEqual(readFileSync(join(folder, name)), bytes);
  }
  assert.equal(readFileSync(join(repo(), "refs", "main"), "utf8"), hub.commit);
  assert.deepEqual(readdirSync(repo()).sort(), ["blobs", "refs", "snapshots"]);
  assert.equal(readdirSync(join(repo(), "blobs")).length, files.length);
  assert.equal(openCheckpoint(folder).readFloat32("w0").length, 250_000);
});

test("A text model without a tokenizer is told of before its weights are downloaded", async (t) => {
  const hub = await start({ "merges.txt": text("") });
  for (const name of ["tokenizer.json", "vocab.txt"]) delete hub.files[name];
  let fetched: string[] = [];
  const told = t.mock.method(process, "emitWarning", () => {
    fetched = hub.requests.map(({ path }) => path);
  });
  await resolveModel(id);
  assert.match(
    String(told.mock.calls[0].arguments[0]),
    /^"somebody\/tiny-bert" comes without a tokenizer \(it holds config\.json, merges\.txt\): /,
  );
  assert.ok(!fetched.some((path) => path.endsWith("safetensors")), fetched.join());
});

test("What looks at a model before its weights are downloaded can stop that", async () => {
  const hub = await start({ "spm.model": text("") });
  await assert.rejects(
    findModel(id, {}, (folder) => {
      assert.ok(existsSync(join(folder, "spm.model")));
      throw new Error("no such tokenizer");
    }),
    /no such tokenizer/,
  );
  assert.ok(!hub.requests.some(({ path }) => path.endsWith("safetensors")));
});

test("HF_HUB_CACHE says where, before HF_HOME, and ~ means home in both", async () => {
  await start();
  process.env.HF_HUB_CACHE = join(home, "elsewhere");
  assert.ok((await resolveModel(id)).startsWith(join(home, "elsewhere", "models--somebody--tiny-bert")));
  process.env.HF_HUB_OFFLINE = "1";
  process.env.HF_HUB_CACHE = "~/no-such-cache";
  await assert.rejects(resolveModel(id), {
    message: new RegExp(`\\(${join(homedir(), "no-such-cache")}\\)`),
  });
});

test("What is cached is not fetched again; what a new commit leaves as it was is only linked", async () => {
  const hub = await start();
  const first = await resolveModel(id);
  hub.requests.length = 0;
  assert.equal(await resolveModel(id), first);
  assert.deepEqual(contentRequests(hub), []);

  hub.commit = "b".repeat(40);
  hub.files["config.json"] = text('{"model_type": "bert", "layers": 2}');
  const second = await resolveModel(id);
  assert.equal(basename(second), hub.commit);
  assert.deepEqual(
    contentRequests(hub).map(({ path }) => path),
    [`/${id}/resolve/${hub.commit}/config.json`],
  );
  assert.ok(existsSync(first), "the old snapshot stays");
  assert.equal(readFileSync(join(repo(), "refs", "main"), "utf8"), hub.commit);
});

test("A cached file of the wrong size is fetched anew", async () => {
  await start();
  const folder = await resolveModel(id);
  truncateSync(blob(), half);
  await resolveModel(id);
  assert.deepEqual(readFileSync(join(folder, "model.safetensors")), model);
});

test("Progress tells each file's bytes as they arrive", async () => {
  await start();
  const last = new Map<string, string>();
  let previous = { file: "", loaded: 0 };
  await resolveModel(id, {
    onProgress: ({ file, loaded, total }) => {
      assert.ok(file !== previous.file || loaded >= previous.loaded, "never backwards");
      previous = { file, loaded };
      last.set(file, `${loaded} of ${total}`);
    },
  });
  assert.deepEqual([...last.keys()], ["config.json", "tokenizer.json", "vocab.txt", "model.safetensors"]);
  assert.equal(last.get("model.safetensors"), `${model.length} of ${model.length}`);
});

test("A connection that breaks is taken up where it broke, within the same call", async () => {
  const hub = await start();
  const connection = sendHalf(hub);
  const folder = await resolveModel(id, {
    onProgress: ({ file, loaded }) => {
      if (file === "model.safetensors" && loaded === half) connection.cut();
    },
  });
  assert.deepEqual(readFileSync(join(folder, "model.safetensors")), model);
  const ranges = contentRequests(hub)
    .filter(({ server }) => server === "cdn")
    .map(({ range }) => range);
  assert.deepEqual(ranges, [undefined, `bytes=${half}-${model.length - 1}`]);
  assert.deepEqual(partials(), []);
});

test("A file is on the disk before it bears its name, by whose size it is taken for whole later", async (t) => {
  await start();
  const { fsyncSync, renameSync } = fs;
  const synced = new Set<number>();
  const named: boolean[] = [];
  t.mock.method(fs, "fsyncSync", (file: number) => {
    synced.add(fs.fstatSync(file).ino);
    fsyncSync(file);
  });
  t.mock.method(fs, "renameSync", (from: string, to: string) => {
    if (dirname(to).endsWith("blobs")) named.push(synced.has(fs.statSync(from).ino));
    renameSync(from, to);
  });
  await resolveModel(id);
  assert.deepEqual(named, [true, true, true, true]);
});

/** Fetches until half of the weights are there, then stops. */
async function stopHalfWay(hub: LocalHub): Promise<void> {
  sendHalf(hub);
  const controller = new AbortController();
  const stopped = resolveModel(id, {
    signal: controller.signal,
    onProgress: ({ file, loaded }) => {
      if (file === "model.safetensors" && loaded === half) controller.abort();
    },
  });
  await assert.rejects(stopped, { name: "AbortError" });
  hub.requests.length = 0;
}

test("A fetch that was stopped goes on from there in the next call", async () => {
  const hub = await start();
  await stopHalfWay(hub);
  assert.equal(partials().length, 1);
  assert.ok(!existsSync(join(repo(), "refs", "main")), "no name leads to the incomplete snapshot");

  const seen: number[] = [];
  const folder = await resolveModel(id, { onProgress: ({ loaded }) => seen.push(loaded) });
  assert.equal(seen[0], half);
  assert.deepEqual(readFileSync(join(folder, "model.safetensors")), model);
  const asked = contentRequests(hub).map(({ server, range }) => `${server} ${range}`);
  const rest = `bytes=${half}-${model.length - 1}`;
  assert.deepEqual(asked, [`hub ${rest}`, `cdn ${rest}`]);
  assert.deepEqual(partials(), []);
});

test("So it does when the process was killed, and a file that another process is fetching is left to it", async () => {
  const hub = await start();
  await stopHalfWay(hub);
  const ended = spawnSync(process.execPath, ["-e", ""]).pid;
  const [mine] = partials();
  const by = (pid: number) =>
    join(repo(), "blobs", mine.replace(/-\d+-\d+\.incomplete$/, `-${pid}-0.incomplete`));
  renameSync(join(repo(), "blobs", mine), by(ended));
  writeFileSync(by(process.ppid), "being written");
  await resolveModel(id);
  assert.equal(contentRequests(hub).at(-1)?.range, `bytes=${half}-${model.length - 1}`);
  assert.deepEqual(partials(), [basename(by(process.ppid))]);
});

test("A leftover that turns out to be damaged is dropped and the file fetched from the start", async () => {
  const hub = await start();
  await stopHalfWay(hub);
  writeFileSync(join(repo(), "blobs", partials()[0]), Buffer.alloc(half));
  const folder = await resolveModel(id);
  assert.deepEqual(readFileSync(join(folder, "model.safetensors")), model);
  const ranges = contentRequests(hub)
    .filter(({ server }) => server === "cdn")
    .map(({ range }) => range);
  assert.deepEqual(ranges, [`bytes=${half}-${model.length - 1}`, undefined]);
});

test("A server that ignores ranges does no harm, neither to an earlier call's half nor to this one's", async () => {
  const hub = await start();
  const whole: LocalHub["intercept"] = (_, response, file) => {
    if (file === "model.safetensors") response.end(model);
    return file === "model.safetensors";
  };
  await stopHalfWay(hub);
  hub.intercept = whole;
  assert.deepEqual(readFileSync(join(await resolveModel(id), "model.safetensors")), model);

  rmSync(blob());
  const connection = sendHalf(hub);
  const folder = await resolveModel(id, {
    onProgress: ({ file, loaded }) => {
      if (file !== "model.safetensors" || loaded !== half) return;
      hub.intercept = whole;
      connection.cut();
    },
  });
  assert.deepEqual(readFileSync(join(folder, "model.safetensors")), model);
});

test("Content that is not what was announced never enters the cache", async () => {
  const hub = await start();
  const damaged = Buffer.from(model);
  damaged[half] ^= 1;
  hub.intercept = (_, response, file) => {
    if (file === "model.safetensors") response.end(damaged);
    return file === "model.safetensors";
  };
  await assert.rejects(resolveModel(id), {
    name: "FrostError",
    message: `model.safetensors of "${id}": expected SHA-256 ${sha256(model)}, got ${sha256(damaged)}: it was damaged on its way and has been deleted, try again`,
  });
  assert.ok(!existsSync(blob()));
  assert.deepEqual(partials(), []);
  assert.ok(!existsSync(join(repo(), "snapshots", hub.commit, "model.safetensors")));

  hub.intercept = () => false;
  assert.deepEqual(readFileSync(join(await resolveModel(id), "model.safetensors")), model);
});

test("Small files are checked too, by Git's hash of them, and files that are too long or too short by their size", async () => {
  const hub = await start();
  const answer = (file: string, body: string | Buffer) => {
    hub.intercept = (request, response, name) => {
      if (name !== file || request.headers.range === "bytes=0-0") return false;
      response.end(body);
      return true;
    };
  };
  answer("config.json", '{"model_type": "bart"}');
  await assert.rejects(resolveModel(id), {
    message: /^config\.json of ".*": expected Git hash \w{40}, got \w{40}: /,
  });
  hub.intercept = (_, response, name) => {
    const more = () => !response.destroyed && response.write(model, more);
    if (name === "model.safetensors") more();
    return name === "model.safetensors";
  };
  await assert.rejects(resolveModel(id), {
    message: /^model\.safetensors of ".*": expected 1000\d+ bytes, got \d+: /,
  });
  answer("model.safetensors", "");
  await assert.rejects(resolveModel(id), {
    message: /: the connection ended before anything came, try again$/,
  });
});

test("An empty file is a file", async () => {
  await start({ "merges.txt": text("") });
  assert.equal(readFileSync(join(await resolveModel(id), "merges.txt"), "utf8"), "");
});

test("Two that fetch the same model at once both get it whole", async () => {
  await start();
  const [one, two] = await Promise.all([resolveModel(id), resolveModel(id)]);
  assert.equal(one, two);
  assert.deepEqual(readFileSync(join(one, "model.safetensors")), model);
  assert.deepEqual(partials(), []);
});

test("Of a sharded model the index and the shards it names are fetched", async () => {
  const [one, two] = [weights(1), weights(2)];
  const hub = await start({
    "model-00001-of-00002.safetensors": { bytes: one, lfs: true },
    "model-00002-of-00002.safetensors": { bytes: two, lfs: true },
    "other-00001-of-00001.safetensors": { bytes: two, lfs: true },
    "model.safetensors.index.json": text(
      '{"weight_map": {"w1": "model-00001-of-00002.safetensors", "w2": "model-00002-of-00002.safetensors"}}',
    ),
  });
  delete hub.files["model.safetensors"];
  const checkpoint = openCheckpoint(await resolveModel(id));
  assert.deepEqual([...checkpoint.tensors.keys()], ["w1", "w2"]);
  assert.ok(!existsSync(join(checkpoint.folder, "other-00001-of-00001.safetensors")));
  checkpoint.close();

  delete hub.files["model-00002-of-00002.safetensors"];
  hub.commit = "c".repeat(40);
  await assert.rejects(resolveModel(id), {
    name: "InputError",
    message: `"${id}" on ${hub.endpoint}: model.safetensors.index.json names model-00002-of-00002.safetensors, which is missing`,
  });
});

test("An index cannot place a shard outside the snapshot", async () => {
  const name = "../../../../../evil.safetensors";
  const hub = await start({
    [name]: { bytes: model, lfs: true },
    "model.safetensors.index.json": text(JSON.stringify({ weight_map: { a: name } })),
  });
  delete hub.files["model.safetensors"];
  await assert.rejects(resolveModel(id), {
    name: "InputError",
    message: /expected the name of a \.safetensors file beside it$/,
  });
  assert.ok(!existsSync(join(home, "evil.safetensors")));
});

test("A branch with a slash is a revision, and a commit too; one that climbs out of the cache is not", async () => {
  const hub = await start();
  const folder = await resolveModel(id, { revision: "refs/pr/1" });
  assert.equal(readFileSync(join(repo(), "refs", "refs", "pr", "1"), "utf8"), hub.commit);
  assert.equal(await resolveModel(id, { revision: hub.commit }), folder);
  await assert.rejects(resolveModel(id, { revision: "v9" }), {
    name: "InputError",
    message: `"${id}" on ${hub.endpoint} has no branch, tag or commit "v9"`,
  });
  await assert.rejects(resolveModel(id, { revision: "../../x" }), {
    name: "InputError",
    message: 'revision: expected a branch, tag or commit, got "../../x"',
  });
});

test("Offline, a cached model is found without a request, and others are errors", async () => {
  const hub = await start();
  const folder = await resolveModel(id);
  hub.requests.length = 0;
  process.env.HF_HUB_OFFLINE = "1";
  assert.equal(await resolveModel(id), folder);
  assert.equal(await resolveModel(id, { revision: hub.commit }), folder);
  const refused = (message: string) => ({ name: "InputError", message });
  const cache = join(home, "hub");
  await assert.rejects(
    resolveModel("somebody/else"),
    refused(
      `"somebody/else" is no folder here, "main" of it is not in the cache (${cache}), and HF_HUB_OFFLINE is set: unset it to fetch the model, or give a folder's path`,
    ),
  );
  rmSync(blob());
  await assert.rejects(
    resolveModel(id),
    refused(
      `"${id}" is no folder here, its copy in the cache lacks model.safetensors (${cache}), and HF_HUB_OFFLINE is set: unset it to fetch the model, or give a folder's path`,
    ),
  );
  assert.deepEqual(hub.requests, []);
});

test("A signal that is raised before the fetch begins is heeded", async () => {
  const hub = await start();
  await assert.rejects(resolveModel(id, { signal: AbortSignal.abort() }), { name: "AbortError" });
  assert.deepEqual(hub.requests, []);
});

test("An update that was stopped half-way leaves the older snapshot in use offline", async () => {
  const hub = await start();
  const old = await resolveModel(id);
  hub.commit = "b".repeat(40);
  rmSync(blob());
  await stopHalfWay(hub);
  writeFileSync(blob(), model);
  process.env.HF_HUB_OFFLINE = "true";
  assert.equal(await resolveModel(id), old);
});

test("A cache that was copied without its links, as in a Kaggle dataset, serves offline and on", async () => {
  const hub = await start();
  const linked = await resolveModel(id);
  process.env.HF_HUB_CACHE = join(home, "copied");
  const folder = linked.replace(join(home, "hub"), process.env.HF_HUB_CACHE);
  cpSync(linked, folder, { recursive: true, dereference: true });
  cpSync(join(repo(), "refs"), join(folder, "../../refs"), { recursive: true });
  hub.requests.length = 0;
  assert.equal(await resolveModel(id), folder);
  assert.deepEqual(contentRequests(hub), []);
  process.env.HF_HUB_OFFLINE = "1";
  assert.equal(await resolveModel(id), folder);
});

test("A token is sent to the Hub and to nobody else: the option's, HF_TOKEN's or the one stored by a login", async () => {
  const hub = await start();
  const sent = async (token?: string) => {
    hub.requests.length = 0;
    rmSync(repo(), { recursive: true, force: true });
    await resolveModel(id, { token });
    const cdn = hub.requests.filter(({ server }) => server === "cdn");
    assert.ok(cdn.length > 0 && cdn.every(({ authorization }) => authorization === undefined));
    const seen = new Set(
      hub.requests.filter(({ server }) => server === "hub").map(({ authorization }) => authorization),
    );
    assert.equal(seen.size, 1);
    return [...seen][0];
  };
  assert.equal(await sent(), undefined);
  writeFileSync(join(home, "token"), "hf_stored\n");
  assert.equal(await sent(), "Bearer hf_stored");
  process.env.HF_TOKEN = "hf_environment";
  assert.equal(await sent(), "Bearer hf_environment");
  assert.equal(await sent("hf_option"), "Bearer hf_option");
});

test("What cannot be a token is refused without being shown", async () => {
  await start();
  process.env.HF_TOKEN = "secret";
  await assert.rejects(resolveModel(id), {
    name: "InputError",
    message: "HF_TOKEN: expected a Hugging Face access token, which starts with hf_; got something else",
  });
});

test("Models that do not exist, are private or gated, and tokens that are refused: each says what to do", async () => {
  const hub = await start();
  const at = hub.endpoint;
  const refused = async (message: string, refuse?: LocalHub["refuse"], name = id) => {
    hub.refuse = refuse;
    await assert.rejects(resolveModel(name), { name: "InputError", message });
  };
  await refused(
    `there is no folder "somebody/tiny-brt" here, and ${at} shows no such model: check the spelling; if it is private or gated, set HF_TOKEN to a token with access`,
    undefined,
    "somebody/tiny-brt",
  );
  await refused(`there is no folder "${id}" here, and no such model on ${at}: check the spelling`, {
    status: 404,
    code: "RepoNotFound",
  });
  const terms = `accept its terms at ${at}/${id} if it is gated, and set HF_TOKEN to a token of that account`;
  await refused(`${at} refuses access to "${id}" (401): ${terms}`, { status: 401, code: "GatedRepo" });
  await refused(`${at} refuses access to "${id}" (403): ${terms}`, { status: 403 });
  process.env.HF_TOKEN = "hf_expired";
  await refused(
    `${at} does not accept the token it was sent for "${id}": HF_TOKEN is invalid or has expired`,
    {
      status: 401,
    },
  );
  await refused(
    `there is no folder "${id}" here, and ${at} shows no such model to this HF_TOKEN: check the spelling; if it is private or gated, set HF_TOKEN to a token with access`,
    { status: 401, code: "RepoNotFound" },
  );
  assert.ok(!existsSync(repo()), "nothing was put into the cache");
});

test("Access refused for the files alone is told as well, and leaves nothing behind", async () => {
  const hub = await start();
  hub.intercept = (_, response) => {
    response.writeHead(403);
    response.end();
    return true;
  };
  await assert.rejects(resolveModel(id), { name: "InputError", message: /refuses access to ".*" \(403\)/ });
  assert.deepEqual(partials(), []);
});

test("Where a repository has no safetensors, pytorch_model.bin is fetched, and found offline", async () => {
  const hub = await start();
  delete hub.files["model.safetensors"];
  const folder = await resolveModel(id);
  assert.equal(readFileSync(join(folder, "pytorch_model.bin"), "utf8"), "the same in another format");
  process.env.HF_HUB_OFFLINE = "1";
  assert.equal(await resolveModel(id), folder);
  rmSync(join(folder, "pytorch_model.bin"));
  await assert.rejects(resolveModel(id), { message: /its copy in the cache lacks model\.safetensors/ });
});

test("Of a model sharded as .bin the index and the shards it names are fetched", async () => {
  const shards = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"];
  const hub = await start({
    [shards[0]]: { bytes: Buffer.from("one"), lfs: true },
    [shards[1]]: { bytes: Buffer.from("two"), lfs: true },
    "pytorch_model.bin.index.json": text(JSON.stringify({ weight_map: { a: shards[0], b: shards[1] } })),
  });
  delete hub.files["model.safetensors"];
  delete hub.files["pytorch_model.bin"];
  const folder = await resolveModel(id);
  for (const [i, content] of ["one", "two"].entries())
    assert.equal(readFileSync(join(folder, shards[i]), "utf8"), content);
  process.env.HF_HUB_OFFLINE = "1";
  assert.equal(await resolveModel(id), folder);
  rmSync(join(folder, shards[1]));
  await assert.rejects(resolveModel(id), { message: new RegExp(`its copy in the cache lacks ${shards[1]}`) });
});

test("A repository without config or without weights is refused before anything is fetched", async () => {
  const hub = await start();
  delete hub.files["model.safetensors"];
  delete hub.files["pytorch_model.bin"];
  await assert.rejects(resolveModel(id), {
    message:
      /: expected model\.safetensors, .*pytorch_model\.bin or pytorch_model\.bin\.index\.json; it holds /,
  });
  delete hub.files["config.json"];
  await assert.rejects(resolveModel(id), {
    message: /: expected config\.json; it holds \.gitattributes, README\.md, /,
  });
  assert.deepEqual(contentRequests(hub), []);
});

/** The warnings that the process gives while something runs. */
async function warningsOf<T>(run: () => Promise<T>): Promise<{ value: T; warnings: string[] }> {
  const warnings: string[] = [];
  const listen = ({ message }: Error) => warnings.push(message);
  process.on("warning", listen);
  const value = await run();
  await new Promise(setImmediate);
  process.off("warning", listen);
  return { value, warnings };
}

test("A Hub out of reach is an error that knows Kaggle, or a warning where the cache has a copy", async () => {
  const hub = await start();
  const folder = await resolveModel(id);
  await hub.close();
  const { value, warnings } = await warningsOf(() => resolveModel(id));
  assert.equal(value, folder);
  // A connection that was kept alive ends in another way than one that cannot be made.
  const unreachable = `here, and ${hub.endpoint} cannot be reached \\((ECONNREFUSED|UND_ERR_SOCKET)\\): on Kaggle switch the notebook's internet on, or attach the model as a dataset and give its path, /kaggle/input/…`;
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0],
    new RegExp(`^there is no folder "${id}" ${unreachable}; using the copy in the cache, ${folder}$`),
  );
  await assert.rejects(resolveModel("bert-base-uncased"), {
    name: "FrostError",
    message: new RegExp(`^there is no folder "bert-base-uncased" ${unreachable}$`),
  });
});

test("A Hub that is down or asks for patience is out of reach as well", async () => {
  const hub = await start();
  for (const status of [429, 503]) {
    hub.refuse = { status };
    await assert.rejects(resolveModel(id), {
      name: "FrostError",
      message: `${hub.endpoint} answered ${status} for "${id}": try again later`,
    });
  }
});

test("A connection that breaks for good keeps what came, and the next call goes on from there", async () => {
  const hub = await start();
  const connection = sendHalf(hub);
  await assert.rejects(
    resolveModel(id, {
      onProgress: ({ file, loaded }) => {
        if (file !== "model.safetensors" || loaded !== half) return;
        hub.refuse = { status: 503 };
        connection.cut();
      },
    }),
    { name: "FrostError", message: /answered 503/ },
  );
  hub.refuse = undefined;
  hub.requests.length = 0;
  assert.deepEqual(readFileSync(join(await resolveModel(id), "model.safetensors")), model);
  assert.equal(contentRequests(hub).at(-1)?.range, `bytes=${half}-${model.length - 1}`);
});

test("A path that is neither there nor a Hub id says how far it leads", async () => {
  const folder = makeFolder();
  mkdirSync(join(folder, "bert-base-uncased"));
  writeFileSync(join(folder, "file.txt"), "");
  const missing = join(folder, "bert-base", "1");
  const refused = (message: string) => ({ name: "InputError", message });
  await assert.rejects(
    resolveModel(missing),
    refused(
      `${missing}: there is no such folder, and it is no Hub id (owner/name); of that path there is ${folder}, and it holds bert-base-uncased/, file.txt`,
    ),
  );
  const below = join(folder, "file.txt", "x");
  await assert.rejects(
    resolveModel(below),
    refused(
      `${below}: there is no such folder, and it is no Hub id (owner/name); of that path there is ${join(folder, "file.txt")}, and it is a file`,
    ),
  );
  const file = join(folder, "file.txt");
  await assert.rejects(
    resolveModel(file),
    refused(
      `${file}: expected a model's folder with config.json, got a file; name a model's folder, as savePretrained or frostkit finetune --save writes it, or an id on the Hub`,
    ),
  );
  await assert.rejects(
    resolveModel(""),
    refused('resolveModel: idOrFolder: expected a checkpoint\'s folder or a Hub id, got ""'),
  );
  for (const name of ["./models", "a/b/c", "-x", "a--b", "a..b", "owner/", "owner/name.git", "what model?"])
    await assert.rejects(resolveModel(name), {
      name: "InputError",
      message: /there is no such folder, and it is no Hub id/,
    });
});
