import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { encodeImages } from "../../src/data/encodeImages";
import { imageFolder } from "../../src/data/imageFolder";
import { loadImageTransform } from "../../src/data/loadImageTransform";
import { stratifiedKFold, trainValidSplit } from "../../src/data/splits";
import { takeRows } from "../../src/data/takeRows";
import { imagesOf, transformTo } from "./images";
import { temporary } from "./temporary";

const transform = transformTo(4, 0.5);

const colours: Record<string, [number, number, number]> = { blue: [30, 30, 200], red: [200, 30, 30] };

test("imageFolder takes a folder for a class and lists its images in an order of their own", async () => {
  const folder = await imagesOf("listed", colours, { count: 2 });
  temporary("listed/red/notes.txt", "no image");
  temporary("listed/red/.hidden.png", "no image");
  temporary("listed/empty/notes.txt", "no image");
  const told: string[] = [];
  const log = (line: string) => told.push(line);
  const rows = await imageFolder(folder, { log });
  assert.deepEqual(told, ["2 classes: blue, red"]);
  assert.deepEqual(
    rows.paths,
    ["blue/0.png", "blue/1.png", "red/0.png", "red/1.png"].map((name) => join(folder, name)),
  );
  assert.deepEqual(rows.labels, {
    problemType: "single_label_classification",
    classes: ["blue", "red"],
    ids: Int32Array.of(0, 0, 1, 1),
  });
  assert.equal((await imageFolder(join(folder, "red"), { log })).labels, null);
  await imageFolder(folder, { classes: ["blue", "red"], log });
  assert.equal(told.length, 1);
});

test("imageFolder says what it expected where there is nothing to learn from", async () => {
  const folder = await imagesOf("odd", colours, { count: 1 });
  await assert.rejects(imageFolder(join(folder, "none")), {
    name: "InputError",
    message: /none: expected a folder of images/,
  });
  await assert.rejects(imageFolder(folder, { classes: ["blue", "green"] }), {
    message: /red: is none of the classes known from training: blue, green/,
  });
  temporary("odd/stray.png", "");
  await assert.rejects(imageFolder(folder), {
    message: /expected images or a folder for each class, got both/,
  });
  // Without labels nothing is expected of the folders: all images are taken, those beside the folders first.
  const { paths, labels } = await imageFolder(folder, { labels: false });
  assert.deepEqual(
    [paths, labels],
    [["stray.png", "blue/0.png", "red/0.png"].map((name) => join(folder, name)), null],
  );
  const lone = await imagesOf("lone", { blue: colours.blue }, { count: 1 });
  await assert.rejects(imageFolder(lone), { message: /at least two classes, got blue/ });
});

test("A split keeps every class on both sides, and copies of a file on one", async () => {
  const folder = await imagesOf("split", colours, { count: 10 });
  const [copy] = (await imageFolder(folder)).paths;
  await sharp(copy).toFile(join(folder, "blue/10.png")); // decoded and written again: another file, unless the bytes are equal
  temporary("split/blue/11.png", await import("node:fs/promises").then((fs) => fs.readFile(copy)));
  const rows = await imageFolder(folder);
  for (let seed = 0; seed < 20; seed++) {
    const { train, valid } = trainValidSplit(rows, { seed });
    const keys = new Set(takeRows(rows, train).keys);
    const held = takeRows(rows, valid);
    assert.ok(
      held.keys.every((key) => !keys.has(key)),
      `seed ${seed}`,
    );
    assert.deepEqual(
      [...new Set(held.labels!.problemType === "single_label_classification" ? held.labels!.ids : [])],
      [0, 1],
    );
  }
  assert.equal(stratifiedKFold(rows, { folds: 3, seed: 0 }).length, 3);
});

test("encodeImages scales the shorter side to size / cropPct and takes the square in the middle", async () => {
  // Three bands of 16 pixels: the middle one fills the square that is left.
  const band = (value: number) => new Array(16).fill([value, value / 2, 255 - value]).flat();
  const row = [...band(0), ...band(100), ...band(200)];
  const data = Uint8Array.from(new Array(16).fill(row).flat());
  const png = await sharp(data, { raw: { width: 48, height: 16, channels: 3 } })
    .png()
    .toBuffer();
  const wide = temporary("bands/wide.png", png);
  temporary("bands/turned.png", await sharp(png).rotate(90).png().toBuffer());
  const { pixels, height, width } = await encodeImages(await imageFolder(join(wide, "..")), transform);
  assert.deepEqual([height, width, pixels.length], [4, 4, 2]);
  for (const image of pixels) assert.deepEqual([...image], new Array(16).fill([100, 50, 155]).flat());
});

test("encodeImages cuts half a pixel off centre as Python rounds: to the even side", async () => {
  const columns = Array.from({ length: 9 }, (_, x) => [20 * x, 20 * x, 20 * x]).flat();
  const data = Uint8Array.from(new Array(4).fill(columns).flat());
  const png = await sharp(data, { raw: { width: 9, height: 4, channels: 3 } })
    .png()
    .toBuffer();
  const path = temporary("off-centre/a.png", png);
  const { pixels } = await encodeImages(await imageFolder(join(path, "..")), { ...transform, cropPct: 1 });
  assert.deepEqual(
    [0, 3, 6, 9].map((at) => pixels[0][at]),
    [40, 60, 80, 100],
  ); // from column 2 = round(2.5)
});

test("encodeImages obeys the way the camera was held, and makes three colours of grey and of what is half clear", async () => {
  const left = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (Math.floor(i / 3) % 8 < 4 ? 255 : 0));
  const raw = { raw: { width: 8, height: 8, channels: 3 as const } };
  temporary("held/a.png", await sharp(left, raw).png().toBuffer());
  temporary("held/b.png", await sharp(left, raw).withMetadata({ orientation: 6 }).png().toBuffer());
  temporary("held/c.png", await sharp(left, raw).greyscale().png().toBuffer());
  const path = temporary("held/d.png", await sharp(left, raw).ensureAlpha(0.5).png().toBuffer());
  const rows = await imageFolder(join(path, ".."));
  const { pixels } = await encodeImages(rows, { ...transform, size: 8, cropPct: 1 });
  const at = (image: Uint8Array, x: number, y: number) => [
    ...image.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3),
  ];
  assert.deepEqual(at(pixels[0], 0, 7), [255, 255, 255]);
  assert.deepEqual(at(pixels[1], 0, 7), [0, 0, 0]); // turned clockwise, the left half is the upper one
  assert.deepEqual(at(pixels[1], 7, 0), [255, 255, 255]);
  for (const image of pixels.slice(2)) assert.deepEqual(image, pixels[0]);
});

test("encodeImages hashes what a model will see, so equal images and labels have one hash", async () => {
  const folder = await imagesOf("hashed", colours, { count: 3 });
  const rows = await imageFolder(folder);
  const progress: number[] = [];
  const first = await encodeImages(rows, transform, { onProgress: (done) => progress.push(done) });
  assert.equal(progress.at(-1), 6);
  assert.equal((await encodeImages(rows, transform)).hash, first.hash);
  const others = [
    await encodeImages({ ...rows, labels: null }, transform),
    await encodeImages(takeRows(rows, [1, 0, 2, 3, 4, 5]), transform),
    await encodeImages(rows, { ...transform, std: [1, 1, 1] }),
  ];
  assert.equal(new Set([first, ...others].map(({ hash }) => hash)).size, 4);
});

test("encodeImages names every file that is no image", async () => {
  const folder = await imagesOf("bad", colours, { count: 2 });
  temporary("bad/red/broken.jpg", "not an image");
  temporary("bad/blue/empty.png", "");
  await assert.rejects(encodeImages(await imageFolder(folder), transform), {
    name: "InputError",
    message:
      /2 of 6 files cannot be decoded: \S*bad\/blue\/empty\.png \(.*\), \S*bad\/red\/broken\.jpg \(.*\); repair or remove them/,
  });
  await assert.rejects(encodeImages(await imageFolder(folder), transform, { signal: AbortSignal.abort() }), {
    name: "AbortError",
  });
});

test("loadImageTransform reads timm's config, takes timm's defaults and refuses what it cannot do", async () => {
  const config = (name: string, value: object) =>
    join(temporary(`${name}/config.json`, JSON.stringify(value)), "..");
  const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  assert.deepEqual(await loadImageTransform(config("plain", { architecture: "resnet18" })), {
    size: 224,
    cropPct: 0.875,
    interpolation: "bicubic",
    ...imagenet,
  });
  const given = {
    input_size: [3, 96, 96],
    crop_pct: 0.95,
    interpolation: "bilinear",
    mean: [0, 0, 0],
    std: [1, 1, 1],
  };
  assert.deepEqual(await loadImageTransform(config("given", { pretrained_cfg: given })), {
    size: 96,
    cropPct: 0.95,
    interpolation: "bilinear",
    mean: [0, 0, 0],
    std: [1, 1, 1],
  });
  for (const [field, value] of Object.entries({
    input_size: [1, 28, 28],
    crop_pct: 2,
    crop_mode: "squash",
    interpolation: "lanczos",
    mean: 0.5,
    std: [1, 0, 1],
  }))
    await assert.rejects(loadImageTransform(config(field, { pretrained_cfg: { [field]: value } })), {
      name: "InputError",
      message: new RegExp(`config\\.json: expected .* as ${field}, got .*not supported`),
    });
});
