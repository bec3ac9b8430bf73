/** A Plotly figure as plain JSON, ready for any Plotly: a notebook's, a page's or the one behind `toSvg`. */
export interface Figure {
  data: Record<string, unknown>[];
  layout: Record<string, unknown>;
}

/** What every figure of trials takes. */
export interface FigureOptions {
  metric?: string;
}
