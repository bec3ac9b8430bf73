import type { Figures, Side } from "./contest";

/** One line of the table: medians over the rounds, and the spread between their least and greatest. */
export interface Row {
  what: string;
  kit: Spread;
  peer: Spread | null;
  /** Median of the kit over median of the peer. */
  ratio: number | null;
}

export interface Spread {
  median: number;
  least: number;
  greatest: number;
}

export function ratioRow(
  what: string,
  figures: Record<Side, Figures[]>,
  value: (figures: Figures) => number,
): Row {
  const kit = spread(figures.kit.map(value));
  const peer = figures.peer.length > 0 ? spread(figures.peer.map(value)) : null;
  return { what, kit, peer, ratio: peer && kit.median / peer.median };
}

/** The median of an even number of values is the mean of the two in the middle. */
export function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return { median, least: sorted[0], greatest: sorted[sorted.length - 1] };
}

/** The rows as Markdown, with what they were measured on. */
export function tableOf(
  rows: Row[],
  about: { date: string; machine: object; rounds: number; versions: object },
): string {
  const cell = (spread: Spread | null) =>
    spread ? `${digits(spread.median)} (${digits(spread.least)} – ${digits(spread.greatest)})` : "";
  const lines = rows.map(
    ({ what, kit, peer, ratio }) => `| ${what} | ${cell(kit)} | ${cell(peer)} | ${ratio?.toFixed(2) ?? ""} |`,
  );
  return [
    `Medians of ${about.rounds} rounds (least – greatest), ${about.date}. Machine: ${JSON.stringify(about.machine)}. ` +
      `Versions: ${JSON.stringify(about.versions)}.`,
    "",
    "| | kit | PyTorch | kit / PyTorch |",
    "|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}

const digits = (x: number) => (x >= 100 ? x.toFixed(0) : x.toPrecision(3));
