import { drawable } from "../text/drawable";

/** A copy of a figure with every text in it as SVG and a notebook's messages can hold it. */
export function drawableFigure<T>(value: T): T {
  if (typeof value === "string") return drawable(value) as T;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(drawableFigure) as T;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, drawableFigure(each)])) as T;
}
