import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { accuracyFigure } from "../../src/report/accuracyFigure";
import { toPng } from "../../src/report/toPng";
import { fakeRecords } from "./fakeRecords";

const figure = accuracyFigure(fakeRecords());

test("A PNG has twice the figure's pixels, or as many times as asked for.", async () => {
  const size = async (png: Buffer) => {
    const { format, width, height } = await sharp(png).metadata();
    return [format, width, height];
  };
  const height = figure.layout.height as number;
  assert.deepEqual(await size(await toPng(figure)), ["png", 1400, 2 * height]);
  assert.deepEqual(await size(await toPng(figure, { width: 600, height: 400, scale: 1 })), ["png", 600, 400]);
});

test("The picture is opaque and mostly white, with the line in its colour and writing at the title's place.", async () => {
  const image = sharp(await toPng(figure, { scale: 1 }));
  const { data, info } = await image.clone().removeAlpha().raw().toBuffer({ resolveWithObject: true });
  assert.equal((await image.clone().stats()).isOpaque, true);
  const count = (is: (r: number, g: number, b: number) => boolean, rows: [number, number]) => {
    let found = 0;
    for (let i = rows[0] * info.width * 3; i < rows[1] * info.width * 3; i += 3)
      if (is(data[i], data[i + 1], data[i + 2])) found++;
    return found;
  };
  const pixels = info.width * info.height;
  const white = count((r, g, b) => r + g + b === 765, [0, info.height]);
  assert.ok(white > 0.7 * pixels && white < 0.99 * pixels, `${white} of ${pixels} pixels are white`);
  // #0072B2, Okabe and Ito's blue.
  assert.ok(count((r, g, b) => r === 0 && g === 0x72 && b === 0xb2, [0, info.height]) > 1000);
  assert.ok(count((r, g, b) => r + g + b < 300, [8, 32]) > 200, "the title is not there");
});
