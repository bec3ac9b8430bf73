import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { type Box, type Cut, decodeImage, imageHeader } from "../../src/data/decodeImage";
import { temporary } from "./temporary";

/** 7 x 6 pixels in which nothing is even; the same numbers were given to Pillow. */
const pixels = Uint8Array.from(
  Array.from({ length: 6 }, (_, y) =>
    Array.from({ length: 7 }, (_, x) => [
      37 * x * x + 91 * y + 17 * x * y,
      53 * y * y + 29 * x,
      97 * x + 11 * y * y * x,
    ]),
  ).flat(2),
  (value) => value % 256,
);
const png = () =>
  sharp(pixels, { raw: { width: 7, height: 6, channels: 3 } })
    .png()
    .toBuffer();

const scaled = { width: 5, height: 5 };
const whole: Box = { left: 0, top: 0, ...scaled };
const cut = (part: Box) => ({
  part,
  scaled,
  crop: whole,
  interpolation: "bicubic" as const,
  mirrored: false,
});
const decoded = async (path: string, cut: Cut) => decodeImage(path, await imageHeader(path), cut);
const box = (left: number, top: number, width: number, height: number): Box => ({ left, top, width, height });
const reds = (bytes: Uint8Array) => Array.from({ length: bytes.length / 3 }, (_, i) => bytes[3 * i]);

/** The red of `Image.crop(…).resize((5, 5), …)` in Pillow 12.3. */
const PILLOW = [
  ["enlarges", "bicubic", box(1, 1, 3, 4)],
  ["enlarges", "bilinear", box(1, 1, 3, 4)],
  ["shrinks", "bicubic", box(0, 0, 7, 6)],
  ["shrinks", "bilinear", box(0, 0, 7, 6)],
  ["enlarges one side of and shrinks the other of", "bicubic", box(1, 0, 3, 6)],
  ["enlarges one side of and shrinks the other of", "bilinear", box(1, 0, 3, 6)],
] as const;
const EXPECTED = [
  [
    151, 86, 12, 143, 240, 237, 192, 116, 118, 128, 183, 139, 77, 137, 178, 132, 85, 37, 155, 232, 224, 191,
    141, 130, 128,
  ],
  [
    145, 94, 17, 138, 219, 221, 175, 105, 125, 139, 179, 138, 77, 137, 176, 137, 101, 48, 147, 213, 213, 182,
    136, 134, 133,
  ],
  [
    17, 93, 109, 123, 101, 156, 115, 166, 182, 201, 129, 123, 135, 146, 181, 103, 131, 161, 139, 79, 164, 52,
    47, 77, 154,
  ],
  [
    33, 94, 111, 125, 109, 144, 116, 162, 176, 195, 126, 122, 143, 147, 172, 108, 128, 154, 136, 93, 152, 62,
    56, 84, 148,
  ],
  [
    44, 75, 123, 114, 102, 198, 139, 60, 131, 189, 183, 139, 77, 137, 178, 182, 142, 93, 146, 183, 97, 70, 30,
    28, 32,
  ],
  [
    60, 84, 120, 112, 107, 184, 135, 62, 132, 178, 179, 138, 77, 137, 176, 174, 141, 91, 141, 174, 97, 71, 33,
    39, 43,
  ],
];

for (const [i, [does, interpolation, part]] of PILLOW.entries())
  test(`decodeImage ${does} a part of an image as Pillow does: ${interpolation}`, async () => {
    const path = temporary("pillow/a.png", await png());
    const got = reds(await decoded(path, { ...cut(part), interpolation }));
    const off = got.map((value, at) => Math.abs(value - EXPECTED[i][at]));
    assert.ok(Math.max(...off) <= 10, `${off}`);
    assert.ok(off.reduce((a, b) => a + b) / off.length < 3.5, `${off}`);
  });

test("decodeImage takes of the scaled part the crop alone, and mirrors it left to right", async () => {
  const path = temporary("crop/a.png", await png());
  const crop = box(1, 2, 3, 2);
  for (const part of [box(1, 1, 3, 4), box(0, 0, 7, 6), box(1, 0, 3, 6)]) {
    const all = reds(await decoded(path, cut(part)));
    const taken = [11, 12, 13, 16, 17, 18].map((at) => all[at]);
    assert.deepEqual(reds(await decoded(path, { ...cut(part), crop })), taken);
    const mirrored = [13, 12, 11, 18, 17, 16].map((at) => all[at]);
    assert.deepEqual(reds(await decoded(path, { ...cut(part), crop, mirrored: true })), mirrored);
  }
});

test("A part is one of the image as it was held, whose size is that of the upright image", async () => {
  const upright = temporary("held-as/a.png", await png());
  // Stored a quarter turn anticlockwise, with the note to turn it back.
  const stored = await sharp(await png())
    .rotate(270)
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
  const held = temporary("held-as/b.png", stored);
  assert.deepEqual(await imageHeader(held), { width: 7, height: 6, hasAlpha: false });
  assert.deepEqual(await imageHeader(held), await imageHeader(upright));
  for (const part of [box(1, 1, 3, 4), box(1, 0, 3, 6)])
    assert.deepEqual(await decoded(held, cut(part)), await decoded(upright, cut(part)));
});

test("Grey and half transparent images come as three colours, enlarged and shrunk", async () => {
  const grey = temporary(
    "grey/a.png",
    await sharp(await png())
      .greyscale()
      .png()
      .toBuffer(),
  );
  const clear = temporary(
    "grey/b.png",
    await sharp(await png())
      .ensureAlpha(0.5)
      .png()
      .toBuffer(),
  );
  const opaque = temporary("grey/c.png", await png());
  for (const part of [box(1, 1, 3, 4), box(0, 0, 7, 6), box(1, 0, 3, 6)]) {
    const bytes = await decoded(grey, cut(part));
    assert.equal(bytes.length, 75);
    for (let i = 0; i < 75; i += 3) assert.ok(bytes[i] === bytes[i + 1] && bytes[i] === bytes[i + 2]);
    assert.deepEqual(await decoded(clear, cut(part)), await decoded(opaque, cut(part)));
  }
});
