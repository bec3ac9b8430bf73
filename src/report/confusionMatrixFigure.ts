import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { formatCount, percent } from "../text/numbers";
import { plotText } from "../text/plotText";
import type { ConfusionMatrix } from "../training/confusionMatrix";
import type { Figure } from "./figure";
import { axis, colours, layout } from "./theme";

const LONGEST_NAME = 24;
/** Pixels of a figure's usual width, less its right margin. */
const WIDTH = 676;

/**
 * A square for each pair of classes, labels down, predictions across: the rows' number, on a colour for their share of the
 * label's rows. Drawn of shapes: a heatmap takes a canvas, which only browsers have.
 *
 * @throws InputError for anything but what it takes, and for a further argument
 * @example
 * ```ts
 * await show(confusionMatrixFigure(confusionMatrix(valid.labels, await predict(model, valid))));
 * ```
 */
export function confusionMatrixFigure(matrix: ConfusionMatrix): Figure;
export function confusionMatrixFigure(matrix: ConfusionMatrix, ...more: unknown[]): Figure {
  noOptions("confusionMatrixFigure", more);
  checkArguments("confusionMatrixFigure", { matrix });
  const { classes, counts } = matrix;
  const shown = shortNames(classes);
  const names = shown.map(plotText);
  const cells = classes.flatMap((_, label) =>
    classes.map((_, predicted) => {
      const total = counts[label].reduce((sum, count) => sum + count, 0);
      const count = counts[label][predicted];
      return { label, predicted, count, share: total === 0 ? 0 : count / total };
    }),
  );
  const rows = sumOf(cells, () => true);
  const right = sumOf(cells, ({ label, predicted }) => label === predicted);
  const ticks = { tickvals: classes.map((_, i) => i), ticktext: names, showgrid: false, zeroline: false };
  const longest = 8.5 * Math.max(4, ...shown.map((name) => name.length));
  const left = 50 + longest;
  const upright = longest > (WIDTH - left) / classes.length;
  return {
    data: [
      {
        type: "scatter",
        mode: "text",
        x: cells.map(({ predicted }) => predicted),
        y: cells.map(({ label }) => label),
        text: cells.map(({ count }) => formatCount(count)),
        textfont: {
          size: classes.length > 10 ? 11 : 15,
          // White where the ground is dark.
          color: cells.map(({ share }) => (share > 0.55 ? "#FFFFFF" : "#222222")),
        },
        customdata: cells.map(({ label, predicted, share }) => [
          plotText(classes[label]),
          plotText(classes[predicted]),
          percent(share),
        ]),
        hovertemplate:
          "label %{customdata[0]}<br>predicted %{customdata[1]}<br>%{text} rows, %{customdata[2]} % of the label's<extra></extra>",
      },
    ],
    layout: layout(
      "Confusion matrix",
      [`${formatCount(right)} of ${formatCount(rows)} rows right, those on the diagonal`],
      Math.max(220, 44 * classes.length),
      0,
      {
        left,
        labels: upright ? longest - 10 : 0,
        xaxis: axis("Predicted", {
          ...ticks,
          tickangle: upright ? -90 : 0,
          range: [-0.5, classes.length - 0.5],
        }),
        yaxis: axis("Label", { ...ticks, range: [classes.length - 0.5, -0.5] }),
        shapes: cells.map(({ label, predicted, share }) => ({
          type: "rect",
          layer: "below",
          ...{ x0: predicted - 0.5, x1: predicted + 0.5, y0: label - 0.5, y1: label + 0.5 },
          fillcolor: mixed(share),
          line: { color: "#FFFFFF", width: 2 },
        })),
      },
    ),
  };
}

interface CellCount {
  label: number;
  predicted: number;
  count: number;
}

function sumOf(cells: CellCount[], which: (cell: CellCount) => boolean): number {
  return cells.filter(which).reduce((sum, { count }) => sum + count, 0);
}

/** From nearly white for 0 to the set's blue for 1. */
function mixed(share: number): string {
  const blue = [1, 3, 5].map((at) => Number.parseInt(colours.blue.slice(at, at + 2), 16));
  return `rgb(${blue.map((to) => Math.round(244 + (to - 244) * share)).join(", ")})`;
}

/** Names cut in the middle, since long ones differ at either end; those that are alike all the same are numbered. */
function shortNames(names: readonly string[]): string[] {
  const cut = names.map((name) =>
    name.length > LONGEST_NAME
      ? `${name.slice(0, LONGEST_NAME / 2 - 1)}…${name.slice(-LONGEST_NAME / 2)}`
      : name,
  );
  return cut.map((name, i) => (cut.indexOf(name) === cut.lastIndexOf(name) ? name : `${i + 1}: ${name}`));
}
