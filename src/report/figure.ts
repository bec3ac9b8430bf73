/** A Plotly figure as plain JSON, ready for any Plotly: a notebook's, a page's or the one behind `toSvg`. */
export interface Figure {
  /** Plotly's traces. */
  data: Record<string, unknown>[];
  /** Plotly's layout. */
  layout: Record<string, unknown>;
}

/** What every figure of trials takes. */
export interface FigureOptions {
  /** What depths are judged by. Default: "accuracy". */
  metric?: string;
}
