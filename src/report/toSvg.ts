import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { Random } from "../random";
import { drawableFigure } from "./drawableFigure";
import type { Figure } from "./figure";
import { plotlyWindow } from "./plotlyWindow";

/** In pixels: 700 wide unless named, and as high as the figure's own layout says. */
export interface PictureSize {
  /** In pixels. Default: 700. */
  width?: number;
  /** In pixels. Default: what the figure's layout says. */
  height?: number;
}

let last: Promise<unknown> = Promise.resolve();

/**
 * A figure as a standalone SVG picture, drawn by Plotly itself without a browser. The same figure gives the same text.
 *
 * @throws InputError for a size that is no number of pixels
 * @example
 * ```ts
 * import { writeFileSync } from "node:fs";
 *
 * writeFileSync("accuracy.svg", await toSvg(accuracyFigure(records)));
 * ```
 */
export async function toSvg(figure: Figure, size: PictureSize = {}): Promise<string> {
  const read = readOptions("toSvg", size);
  checkArguments("toSvg", { figure });
  return drawn(figure, read);
}

/** The same from sizes that are checked already. */
export function drawn(figure: Figure, size: PictureSize): Promise<string> {
  // One after the other, as they share a window and its random numbers.
  const picture = last.then(() => draw(figure, size));
  last = picture.catch(() => {});
  return picture;
}

async function draw(figure: Figure, size: PictureSize): Promise<string> {
  // A copy, since Plotly writes what it chose (ranges, types) into its argument.
  const { data, layout } = drawableFigure(structuredClone(figure));
  const width = size.width ?? 700;
  const height = size.height ?? (layout.height as number | undefined) ?? 420;
  const window = plotlyWindow();
  // Plotly draws the ids of clip paths and patterns at random; two pictures on one page must not share them.
  const random = new Random("svg", JSON.stringify(figure), width, height);
  window.Math.random = () => random.uniform();
  const url = await window.Plotly.toImage(
    { data, layout: { ...layout, width, height } },
    { format: "svg", width, height },
  );
  return decodeURIComponent(url.slice(url.indexOf(",") + 1));
}
