import { greatest, least } from "../extremes";

/**
 * jsdom lays nothing out, yet Plotly asks where its texts are and how large, to place titles, legends and labels clear of
 * one another. Answered here from the texts' own attributes and letter widths of DejaVu Sans, a wide face: in a narrower
 * one the picture has a little air, and nowhere an overlap.
 */
// biome-ignore lint/suspicious/noExplicitAny: a jsdom window, which has no types
export function addTextMeasures(window: any): void {
  const svg = window.SVGElement.prototype;
  svg.getBBox = function (this: SvgElement) {
    return box(this, this);
  };
  svg.getBoundingClientRect = function (this: SvgElement) {
    const { x, y, width, height } = box(this, null);
    return { x, y, width, height, left: x, top: y, right: x + width, bottom: y + height };
  };
  svg.getComputedTextLength = function (this: SvgElement) {
    return textSize(this).width;
  };
}

/** What is used of an SVG element. */
interface SvgElement {
  tagName: string;
  textContent: string | null;
  innerHTML: string;
  style: Record<string, string>;
  parentElement: SvgElement | null;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<SvgElement>;
}

type Point = [number, number];

/** The box around an element's texts, in the coordinates of the ancestor `within`, or of the page. */
function box(element: SvgElement, within: SvgElement | null) {
  const texts = element.tagName === "text" ? [element] : [...element.querySelectorAll("text")];
  const corners =
    texts.length === 0
      ? [place([0, 0], element, within)]
      : texts.flatMap((text) => textCorners(text, within));
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [x, y] = [least(xs), least(ys)];
  return { x, y, width: greatest(xs) - x, height: greatest(ys) - y };
}

function textCorners(text: SvgElement, within: SvgElement | null): Point[] {
  const { width, height, size } = textSize(text);
  const number = (name: string) => Number.parseFloat(text.getAttribute(name) ?? "0") || 0;
  const anchor = text.getAttribute("text-anchor") ?? text.style.textAnchor;
  const left = number("x") - width * (anchor === "middle" ? 0.5 : anchor === "end" ? 1 : 0);
  const top = number("y") + (number("dy") - 1) * size;
  const corners: Point[] = [
    [left, top],
    [left + width, top],
    [left, top + height],
    [left + width, top + height],
  ];
  return corners.map((corner) => place(corner, text, within));
}

/** A point of the element carried through the transforms of it and its ancestors below `within`. */
function place(point: Point, element: SvgElement, within: SvgElement | null): Point {
  let [x, y] = point;
  for (let at: SvgElement | null = element; at && at !== within; at = at.parentElement)
    for (const [, name, list] of [
      ...(at.getAttribute("transform") ?? "").matchAll(/(\w+)\(([^)]*)\)/g),
    ].reverse()) {
      const [a, b = 0, c = 0] = list.split(/[\s,]+/).map(Number);
      if (name === "translate") [x, y] = [x + a, y + b];
      if (name === "rotate") {
        const [sin, cos] = [Math.sin((a * Math.PI) / 180), Math.cos((a * Math.PI) / 180)];
        [x, y] = [b + (x - b) * cos - (y - c) * sin, c + (x - b) * sin + (y - c) * cos];
      }
    }
  return [x, y];
}

function textSize(text: SvgElement): { width: number; height: number; size: number } {
  const size = Number.parseFloat(text.style.fontSize) || 12;
  // Plotly sets one tspan of class "line" for each line of a text that has several.
  const lines = [...text.querySelectorAll("tspan.line")];
  const widths = (lines.length > 0 ? lines : [text]).map((line) => lineWidth(line.textContent ?? ""));
  const bold = text.style.fontWeight === "bold" || text.innerHTML.includes("font-weight:bold") ? 1.1 : 1;
  return {
    width: greatest(widths) * size * bold,
    height: text.textContent ? 1.3 * size * widths.length : 0,
    size,
  };
}

/** In units of the font's size. */
function lineWidth(text: string): number {
  let width = 0;
  for (const letter of text)
    width += /[MW@%mw]/.test(letter) ? 0.95 : /[\s.,:;'|!()[\]Iijltfr]/.test(letter) ? 0.36 : 0.63;
  return width;
}
