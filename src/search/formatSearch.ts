import { visible } from "../freeze";
import { alignTable } from "../text/alignTable";
import { formatDifference, formatRate, formatScore, formatShare } from "../text/numbers";
import { formatN } from "../text/trialTitle";
import type { SearchedDepth, SearchResult } from "./SearchOptions";

/** What a search came to, as an aligned table for a console with the chosen depth marked, and its sentence below. */
export function formatSearch({
  n,
  metric,
  depths,
  sentence,
}: Pick<SearchResult, "n" | "metric" | "depths" | "sentence">): string {
  const score = ({ state, score }: SearchedDepth) =>
    score === null ? "" : state === "measured" ? formatScore(score) : `~ ${score.toFixed(2)}`;
  const header = ["N", "", metric, "to the chosen [95 %]", "rate", "takes", ""];
  const rows = depths.map((depth) => [
    formatN(depth.n),
    depth.state,
    score(depth),
    depth.difference ? formatDifference(depth.difference) : "",
    depth.learningRate === null ? "" : formatRate(depth.learningRate),
    formatShare(depth.cost, 1),
    depth.n === n ? "<- take" : "",
  ]);
  const table = alignTable(
    [header, ...rows].map((cells) => cells.map(visible)),
    [0, 5],
  );
  return [table, "", visible(sentence)].join("\n");
}
