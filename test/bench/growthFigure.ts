import type { Figure } from "../../src/report/figure";
import { axis, layout, lineStyle, split } from "../../src/report/theme";
import type { Figures } from "./contest";
import type { Measured } from "./Part";
import { GROWTH, MIDDLE, sizeName } from "./parts/growthPart";
import { perStep } from "./parts/stepsPart";
import { median } from "./spread";
import { type StepSize, stepFlops } from "./stepFlops";

const LABELS: Record<keyof StepSize, string> = {
  rows: "Rows a batch",
  tokens: "Tokens a row",
  layers: "Layers",
  hidden: "Hidden units",
};

/**
 * How a training step's seconds, peak tensor memory and operations grow, a panel for each of rows, length, depth and width, on axes by
 * powers of two. All are multiples of those at the size where the panels meet.
 */
export function growthFigure(measured: Measured): Figure {
  const over = (size: StepSize, value: (figures: Figures) => number) =>
    median(measured[sizeName(size)].kit.map(value));
  const lines: { name: string; value: (size: StepSize) => number }[] = [
    { name: "seconds", value: (size) => over(size, perStep) },
    { name: "peak tensor memory", value: (size) => over(size, ({ peakTensorBytes }) => peakTensorBytes!) },
    { name: "operations (FLOP)", value: stepFlops },
  ];
  const panels = Object.entries(GROWTH) as [keyof StepSize, number[]][];
  const across = split(2, 0.14);
  const down = split(2, 0.2).reverse();
  const data: Figure["data"] = [];
  const axes: Figure["layout"] = {};
  for (const [panel, [name, values]] of panels.entries()) {
    const id = panel === 0 ? "" : panel + 1;
    // The operations first and wide, so that they lie below what was measured.
    for (const [i, { name: line, value }] of [...lines.entries()].reverse()) {
      const { line: look, marker } = lineStyle(i);
      data.push({
        type: "scatter",
        mode: "lines+markers",
        name: line,
        legendrank: i,
        showlegend: panel === 0,
        x: values,
        y: values.map((each) => value({ ...MIDDLE, [name]: each }) / value(MIDDLE)),
        xaxis: `x${id}`,
        yaxis: `y${id}`,
        line: look,
        marker: { ...marker, size: 8 },
        hovertemplate: `%{x}: %{y:.3g} times<extra>${line}</extra>`,
      });
    }
    axes[`xaxis${id}`] = axis(LABELS[name], {
      type: "log",
      domain: across[panel % 2],
      anchor: `y${id}`,
      tickvals: values,
      ticktext: values.map(String),
    });
    axes[`yaxis${id}`] = axis(panel % 2 === 0 ? "Times as much" : "", {
      type: "log",
      domain: down[Math.floor(panel / 2)],
      anchor: `x${id}`,
      ...powersOfFour(data.slice(-lines.length).flatMap(({ y }) => y as number[])),
    });
  }
  const seconds = lines[0].value(MIDDLE);
  const megabytes = lines[1].value(MIDDLE) / 1e6;
  return {
    data,
    layout: layout(
      "How a training step grows with its size",
      [
        `1 is ${MIDDLE.layers} layers of ${MIDDLE.hidden} units, ${MIDDLE.rows} rows of ${MIDDLE.tokens} tokens: ` +
          `${seconds.toPrecision(2)} s, ${megabytes.toFixed(0)} MB, ${(stepFlops(MIDDLE) / 1e9).toFixed(0)} GFLOP`,
      ],
      560,
      1,
      axes,
    ),
  };
}

/** Ticks at 1/4, 1, 4 …, as far as the values reach. */
function powersOfFour(values: number[]): Record<string, unknown> {
  const powers = [-3, -2, -1, 0, 1, 2, 3, 4].map((power) => 4 ** power);
  const within = powers.filter((x) => x >= Math.min(...values) / 2 && x <= Math.max(...values) * 2);
  return { tickvals: within, ticktext: within.map((x) => (x < 1 ? `1/${1 / x}` : String(x))) };
}
