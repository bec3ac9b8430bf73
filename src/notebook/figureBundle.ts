import { createHash, randomUUID } from "node:crypto";
import { visible } from "../freeze";
import { drawableFigure } from "../report/drawableFigure";
import type { Figure } from "../report/figure";
import { plotlySource } from "../report/plotlyWindow";
import { rasterize } from "../report/toPng";
import { toSvg } from "../report/toSvg";
import { scriptJson } from "../text/scriptJson";
import { svgImage } from "../text/svgImage";
import type { Bundle } from "./kernel";

/**
 * A figure for any front end. One that knows Plotly draws it itself; one that runs a page's scripts replaces the static
 * picture in the HTML by the interactive figure as soon as it has Plotly; one that does not (an untrusted notebook, no
 * network) shows the picture; one without HTML shows the PNG.
 */
export async function figureBundle(figure: Figure): Promise<Bundle> {
  const svg = await toSvg(figure);
  return {
    "application/vnd.plotly.v1+json": { ...drawableFigure(figure), config },
    "text/html": figureHtml(figure, svg),
    "image/png": (await smallPng(svg)).toString("base64"),
    "text/plain": figureText(figure),
  };
}

/** The figure in a word, for where there is no picture. */
export function figureText(figure: Figure): string {
  return visible(`Figure: ${titleOf(figure)}`);
}

const config = { responsive: true, displaylogo: false, showSendToCloud: false };

function figureHtml(figure: Figure, svg: string): string {
  // Several notebooks can be open in one page, so counting would not keep ids apart.
  const id = `frostkit-${randomUUID()}`;
  return `<div id="${id}">${svgImage(svg, titleOf(figure))}</div>
<script>
(() => {
  const load = () => new Promise((loaded, failed) => {
    const script = Object.assign(document.createElement("script"), ${scriptJson(plotlyScript())});
    script.onload = loaded;
    script.onerror = () => {
      delete window.frostkitPlotly;
      failed();
    };
    document.head.append(script);
  });
  window.frostkitPlotly ??= window.Plotly ? Promise.resolve() : load();
  window.frostkitPlotly.then(() => {
    const place = document.getElementById(${scriptJson(id)});
    const { data, layout } = ${scriptJson(figure)};
    place.replaceChildren();
    window.Plotly.newPlot(place, data, layout, ${scriptJson(config)});
  }, () => {});
})();
</script>`;
}

let script: Record<string, string> | undefined;

/**
 * Where a page finds Plotly: npm's own file at jsDelivr, taken only if it is to the byte the one installed here. Inlined it
 * would add 5 MB to every notebook.
 */
function plotlyScript(): Record<string, string> {
  if (script) return script;
  const { version } = require("plotly.js-dist-min/package.json") as { version: string };
  script = {
    src: `https://cdn.jsdelivr.net/npm/plotly.js-dist-min@${version}/plotly.min.js`,
    integrity: `sha384-${createHash("sha384").update(plotlySource()).digest("base64")}`,
    crossOrigin: "anonymous",
  };
  return script;
}

/** A picture of at most 256 colours: half the bytes, and nothing to see of it. */
async function smallPng(svg: string): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  return sharp(await rasterize(svg))
    .png({ palette: true })
    .toBuffer();
}

function titleOf({ layout }: Figure): string {
  const title = layout.title as string | { text?: string } | undefined;
  const text = typeof title === "string" ? title : title?.text;
  return text?.replace(/<[^>]*>/g, "") ?? "without a title";
}
