/** What the figures share, so that they read as one set: on a screen, in print and without colour. */

/** Okabe and Ito's colours (jfly.uni-koeln.de/color, 2008): told apart with any colour vision. */
export const colours = {
  black: "#000000",
  orange: "#E69F00",
  sky: "#56B4E9",
  green: "#009E73",
  blue: "#0072B2",
  vermilion: "#D55E00",
  purple: "#CC79A7",
};

/** A line's look, as Plotly takes it: colour, marker and dash all differ, so that any one of them suffices. */
export function lineStyle(i: number) {
  const hues = [colours.blue, colours.vermilion, colours.green, colours.purple, colours.orange, colours.sky];
  const color = hues[i % hues.length];
  return { line: { color, width: 2.5, dash: dash(i) }, marker: { color, size: 9, symbol: symbol(i) } };
}

export function symbol(i: number): string {
  const symbols = ["circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star"];
  return symbols[i % symbols.length];
}

export function dash(i: number): string {
  const dashes = ["solid", "dash", "dot", "dashdot", "longdash"];
  return dashes[i % dashes.length];
}

/**
 * A colour for a rank between 0 and 1: viridis (van der Walt and Smith 2015) without its last quarter, whose yellow paper swallows.
 * It darkens evenly, so the order survives a grey print.
 */
export function rankColour(rank: number): string {
  const stops = [
    [68, 1, 84],
    [59, 82, 139],
    [33, 145, 140],
    [94, 201, 98],
  ];
  const at = rank * (stops.length - 1);
  const i = Math.min(Math.floor(at), stops.length - 2);
  const mixed = stops[i].map((from, c) => Math.round(from + (stops[i + 1][c] - from) * (at - i)));
  return `rgb(${mixed.join(", ")})`;
}

/** Rows of legend that so many strategies take; one alone needs none. */
export const legendRows = (strategies: number): number => (strategies > 1 ? Math.ceil(strategies / 4) : 0);

const grid = "#E0E0E0";

/**
 * A layout around a plot of so many pixels' height: the title and lines of explanation above it, the axis title and so many
 * rows of legend below it, `labels` pixels lower where the axis has tall labels, and `left` pixels beside it for the axis. The explanation
 * is an annotation: several lines of a title, renderers set in several ways.
 */
export function layout(
  title: string,
  explanation: string[],
  plotHeight: number,
  legendRows: number,
  {
    annotations = [],
    labels = 0,
    left = 80,
    ...more
  }: { annotations?: object[]; labels?: number; left?: number; [key: string]: unknown },
): Record<string, unknown> {
  const margin = { l: left, r: 24, t: 62 + 19 * explanation.length, b: 58 + labels + 26 * legendRows };
  const below = {
    text: explanation.join("<br>"),
    font: { size: 13, color: "#444444" },
    align: "left",
    xref: "paper",
    x: 0,
    xshift: 12 - margin.l,
    xanchor: "left",
    yref: "paper",
    y: 1,
    yshift: margin.t - 34,
    yanchor: "top",
    showarrow: false,
  };
  return {
    title: {
      text: `<b>${title}</b>`,
      font: { size: 17 },
      x: 0,
      xref: "container",
      xanchor: "left",
      y: 1,
      yref: "container",
      yanchor: "top",
      pad: { l: 13, t: 14 },
    },
    font: {
      family: "Arial, Helvetica, Liberation Sans, DejaVu Sans, sans-serif",
      size: 14,
      color: "#222222",
    },
    paper_bgcolor: "#FFFFFF",
    plot_bgcolor: "#FFFFFF",
    height: margin.t + plotHeight + margin.b,
    margin,
    hovermode: "closest",
    showlegend: legendRows > 0,
    legend: { orientation: "h", traceorder: "normal", x: 0, y: -(54 + labels) / plotHeight, yanchor: "top" },
    annotations: explanation.length > 0 ? [below, ...annotations] : annotations,
    ...more,
  };
}

/** The stretch from 0 to 1 in so many equal parts with gaps between: the domains of panels. */
export function split(parts: number, gap: number): [number, number][] {
  const size = (1 - gap * (parts - 1)) / parts;
  return Array.from({ length: parts }, (_, i) => [i * (size + gap), i * (size + gap) + size]);
}

/** An axis with its title, and whatever else it needs. */
export function axis(title: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    title: { text: title, standoff: 8, font: { size: 14 } },
    gridcolor: grid,
    zerolinecolor: grid,
    linecolor: "#444444",
    showline: true,
    ticks: "outside",
    tickcolor: "#444444",
    ...more,
  };
}
