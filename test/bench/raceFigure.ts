import type { Figure } from "../../src/report/figure";
import { axis, layout, legendRows, lineStyle } from "../../src/report/theme";
import { formatN } from "../../src/text/trialTitle";
import type { Rounds } from "./contest";
import { EPOCHS } from "./parts/sweepPart";
import { type Spread, spread } from "./spread";

const NAMES = { kit: "frostkit", peer: "PyTorch" };

/** Seconds of a sweep's trials against N, a line for each side and each sweep named; bars reach from the least to the greatest round. */
export function raceFigure(sweeps: { name: string; rounds: Rounds }[]): Figure {
  const lines = sweeps.flatMap(({ name, rounds }) =>
    (["kit", "peer"] as const)
      .filter((side) => rounds[side].length > 0)
      .map((side) => ({
        name: sweeps.length > 1 ? `${NAMES[side]}, ${name}` : NAMES[side],
        figures: rounds[side],
      })),
  );
  const { rows, trials } = lines[0].figures[0];
  const depths = trials!.map(({ n }) => n);
  const rounds = Math.max(...lines.map(({ figures }) => figures.length));
  const [train, valid] = rows!.map((count) => count.toLocaleString("en"));
  return {
    data: lines.map(({ name, figures }, i) => {
      const style = lineStyle(i);
      const seconds = depths.map((_, at) => spread(figures.map(({ trials }) => trials![at].seconds)));
      return {
        type: "scatter",
        mode: "lines+markers",
        name,
        x: depths,
        y: seconds.map(({ median }) => median),
        error_y: bars(seconds, style.line.color),
        ...style,
        customdata: depths.map(formatN),
        hovertemplate: `N = %{customdata}<br>%{y:.2f} s<extra>${name}</extra>`,
      };
    }),
    layout: layout(
      "Seconds of a trial against frozen blocks",
      [
        `${train} rows to train on, ${EPOCHS} epochs; ${valid} to judge by, after each`,
        rounds === 1 ? "One round" : `Median of ${rounds} rounds; bars: fastest and slowest`,
      ],
      300,
      legendRows(lines.length),
      {
        xaxis: axis("Frozen blocks N (0: embeddings only, none: nothing frozen)", {
          tickvals: depths,
          ticktext: depths.map(formatN),
          showgrid: false,
          zeroline: false,
        }),
        yaxis: axis("Seconds (s)", { rangemode: "tozero" }),
      },
    ),
  };
}

const bars = (seconds: Spread[], colour: string) => ({
  type: "data",
  symmetric: false,
  array: seconds.map(({ median, greatest }) => greatest - median),
  arrayminus: seconds.map(({ median, least }) => median - least),
  color: colour,
  thickness: 1.5,
});
