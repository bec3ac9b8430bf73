import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import type { Augmentation } from "../../src/data/Augmentation";
import { augmentedViews } from "../../src/data/augmentedViews";
import { encodeImages } from "../../src/data/encodeImages";
import { imageFolder } from "../../src/data/imageFolder";
import { transformTo } from "./images";
import { temporary } from "./temporary";

const transform = transformTo(8);

/** Four images of 64 x 48 whose red tells the column, green the row and blue the image. */
async function encoded(name: string, augment: Augmentation = {}) {
  let path = "";
  for (let i = 0; i < 4; i++) {
    const data = Uint8Array.from({ length: 64 * 48 * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3);
      return [4 * (pixel % 64), 5 * Math.floor(pixel / 64), 60 * i][at % 3];
    });
    const png = await sharp(data, { raw: { width: 64, height: 48, channels: 3 } })
      .png()
      .toBuffer();
    path = temporary(`${name}/${i}.png`, png);
  }
  const images = await encodeImages(await imageFolder(join(path, "..")), transform, { augment });
  return { ...images, augmented: images.augmented! };
}

const red = (view: Uint8Array, x: number, y: number) => view[(y * 8 + x) * 3];

test("A view is a part of its image, scaled to the images' size, mirrored or not", async () => {
  const images = await encoded("parts");
  const views = (epoch: number) => augmentedViews(images, [0, 1, 2, 3], { seed: 0, epoch });
  let mirrored = 0;
  const shares: number[] = [];
  for (let epoch = 1; epoch <= 25; epoch++)
    for (const [row, view] of (await views(epoch)).entries()) {
      assert.equal(view.length, 8 * 8 * 3);
      assert.ok(view.every((value, at) => at % 3 !== 2 || value === 60 * row));
      const [left, right] = [red(view, 0, 4), red(view, 7, 4)];
      if (left > right) mirrored++;
      // Seven eighths of the crop lie between the first pixel's middle and the last one's.
      const width = (Math.abs(right - left) / 4) * (8 / 7);
      const height = ((view[7 * 8 * 3 + 1] - view[1]) / 5) * (8 / 7);
      shares.push((width * height) / (64 * 48));
    }
  assert.ok(mirrored > 30 && mirrored < 70, `${mirrored} of 100`);
  assert.ok(Math.min(...shares) > 0.06 && Math.min(...shares) < 0.2, `${Math.min(...shares)}`);
  assert.ok(Math.max(...shares) < 1.05 && Math.max(...shares) > 0.8, `${Math.max(...shares)}`);
});

test("scale and hflip are what is asked for; without either the whole image is left", async () => {
  const large = await encoded("large", { scale: [0.7, 1], hflip: 0 });
  for (let epoch = 1; epoch <= 10; epoch++)
    for (const view of await augmentedViews(large, [0, 1, 2, 3], { seed: 0, epoch }))
      assert.ok(red(view, 7, 4) - red(view, 0, 4) > 4 * 64 * 0.6 * (7 / 8));
  const whole = await encoded("whole", { scale: [1, 1], ratio: [64 / 48, 64 / 48], hflip: 1 });
  const [view] = await augmentedViews(whole, [2], { seed: 0, epoch: 1 });
  assert.ok(Math.abs(red(view, 7, 0) - 14) <= 3 && Math.abs(red(view, 0, 0) - 238) <= 3, `${view}`);
});

test("What is drawn depends on seed, epoch and row alone, in whatever order views are asked for", async () => {
  const images = await encoded("drawn");
  const draw = { seed: 4, epoch: 2 };
  const all = await augmentedViews(images, [0, 1, 2, 3], draw);
  await augmentedViews(images, [3, 3, 1], { seed: 9, epoch: 9 });
  assert.deepEqual(await augmentedViews(images, Int32Array.of(2, 0), draw), [all[2], all[0]]);
  const others = [
    ...(await augmentedViews(images, [0], { seed: 5, epoch: 2 })),
    ...(await augmentedViews(images, [0], { seed: 4, epoch: 3 })),
  ];
  for (const other of others) assert.notDeepEqual(other, all[0]);
});

test("encodeImages keeps the middle of each image beside it, and hashes how views are drawn", async () => {
  const images = await encoded("hashes");
  const rows = await imageFolder(join(images.augmented.paths[0], ".."));
  const plain = await encodeImages(rows, transform);
  assert.deepEqual(images.pixels, plain.pixels);
  assert.equal(plain.augmented, undefined);
  const { paths, headers, ...settings } = images.augmented;
  assert.deepEqual(paths, rows.paths);
  assert.deepEqual(headers, new Array(4).fill({ width: 64, height: 48, hasAlpha: false }));
  assert.deepEqual(settings, {
    scale: [0.08, 1],
    ratio: [3 / 4, 4 / 3],
    hflip: 0.5,
    interpolation: "bicubic",
  });
  const hashes = [plain, images, await encodeImages(rows, transform, { augment: { hflip: 0 } })];
  assert.equal(new Set(hashes.map(({ hash }) => hash)).size, 3);
  assert.equal((await encodeImages(rows, transform, { augment: {} })).hash, images.hash);
});

test("What does not make sense is refused, as is a file that is gone when its view is asked for", async () => {
  const refuses = (augment: Augmentation, message: RegExp) =>
    assert.rejects(encoded("refused", augment), { name: "InputError", message });
  await refuses(
    { scale: [0, 1] },
    /^augment\.scale: expected two rising numbers above 0 and up to 1, got \[0,1\]/,
  );
  await refuses({ scale: [0.5, 1.5] }, /^augment\.scale: /);
  await refuses({ ratio: [2, 1] }, /^augment\.ratio: expected two rising numbers above 0, got \[2,1\]/);
  await refuses({ hflip: 50 }, /^augment\.hflip: expected a number from 0 to 1, got 50/);
  const images = await encoded("gone");
  images.augmented.paths[1] = temporary("gone/other/none.txt", "");
  await assert.rejects(augmentedViews(images, [1], { seed: 0, epoch: 1 }), {
    name: "InputError",
    message: /none\.txt \(.*\): expected the image that was there when training began/,
  });
});
