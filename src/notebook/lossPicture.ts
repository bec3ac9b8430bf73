import { greatest, least } from "../extremes";
import { colours } from "../report/theme";

/** What the picture shows: the loss of each step so far, out of so many, and the validation loss after some of them. */
export interface Losses {
  steps: number;
  /** Steps that an earlier run has taken, whose losses are not shown. */
  before?: number;
  train: number[];
  valid: { step: number; loss: number }[];
}

const size = { width: 640, height: 200 };
const plot = { left: 56, right: 624, top: 30, bottom: 172 };
const POINTS = 300;

/** A small SVG picture of a training's loss, made anew several times a second: Plotly would take a tenth of the time for it. */
export function lossPicture({ steps, before = 0, train, valid }: Losses): string {
  const points = thinned(train, before);
  const values = [...points, ...valid].map(({ loss }) => loss);
  const [low, high] = [least(values), greatest(values)];
  const pad = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1;
  const x = (step: number) => plot.left + ((plot.right - plot.left) * step) / steps;
  const y = (loss: number) =>
    plot.bottom - ((plot.bottom - plot.top) * (loss - low + pad)) / (high - low + 2 * pad);
  const at = ({ step, loss }: { step: number; loss: number }) =>
    `${x(step).toFixed(1)},${y(loss).toFixed(1)}`;
  const grid = (values.length > 0 ? [low, (low + high) / 2, high] : []).map(
    (loss) => `<path d="M${plot.left} ${y(loss).toFixed(1)}H${plot.right}" stroke="#E0E0E0"/>
<text x="${plot.left - 6}" y="${(y(loss) + 4).toFixed(1)}" text-anchor="end">${loss.toPrecision(3)}</text>`,
  );
  const squares = valid.map(
    (point) =>
      `<rect x="${(x(point.step) - 4).toFixed(1)}" y="${(y(point.loss) - 4).toFixed(1)}" width="8" height="8" fill="${colours.vermilion}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" font-family="Arial, Helvetica, sans-serif" font-size="12" fill="#222222">
<rect width="${size.width}" height="${size.height}" fill="#FFFFFF"/>
${grid.join("\n")}
<path d="M${plot.left} ${plot.top}V${plot.bottom}H${plot.right}" fill="none" stroke="#444444"/>
<polyline points="${points.map(at).join(" ")}" fill="none" stroke="${colours.blue}" stroke-width="2"/>
${squares.join("\n")}
<text x="${plot.left}" y="18"><tspan fill="${colours.blue}">━</tspan> training loss${valid.length > 0 ? `  <tspan fill="${colours.vermilion}">■</tspan> validation loss` : ""}</text>
<text x="${(plot.left + plot.right) / 2}" y="${size.height - 8}" text-anchor="middle">step (of ${steps})</text>
</svg>`;
}

/** The losses with their steps, counted from 1 after those before; of many, means over equal stretches. */
function thinned(train: number[], before: number): { step: number; loss: number }[] {
  const stretch = Math.ceil(train.length / POINTS);
  const points: { step: number; loss: number }[] = [];
  for (let start = 0; start < train.length; start += stretch) {
    const part = train.slice(start, start + stretch);
    points.push({
      step: before + start + part.length,
      loss: part.reduce((sum, loss) => sum + loss, 0) / part.length,
    });
  }
  return points;
}
