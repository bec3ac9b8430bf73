import { readFileSync } from "node:fs";
import { TextDecoder, TextEncoder } from "node:util";
import { addTextMeasures } from "./addTextMeasures";

/** As much of the window as drawing needs. (jsdom brings no types, and its @types bring the browser's into every file.) */
interface PlotlyWindow {
  Math: { random(): number };
  Plotly: {
    toImage(figure: object, options: { format: "svg"; width: number; height: number }): Promise<string>;
  };
}

let kept: PlotlyWindow | undefined;

/** A jsdom window in which Plotly runs; opened on first use, which takes about a second, and kept. */
export function plotlyWindow(): PlotlyWindow {
  kept ??= open();
  return kept;
}

function open(): PlotlyWindow {
  const { JSDOM } = require("jsdom");
  const { window } = new JSDOM("", { runScripts: "outside-only" });
  addBrowserParts(window);
  // Not by require: the bundle looks for its window in the global scope.
  window.eval(plotlySource());
  return window;
}

/** What Plotly takes for granted in a browser and jsdom lacks. */
// biome-ignore lint/suspicious/noExplicitAny: a jsdom window, which has no types
export function addBrowserParts(window: any): void {
  addTextMeasures(window);
  Object.assign(window, { TextDecoder, TextEncoder });
  window.URL.createObjectURL = () => "blob:";
  window.HTMLCanvasElement.prototype.getContext = () => null;
}

/** Plotly's bundle as text; running it sets `window.Plotly`. */
export function plotlySource(): string {
  return readFileSync(require.resolve("plotly.js-dist-min"), "utf8");
}
