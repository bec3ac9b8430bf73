import type { Figures } from "./contest";
import { type Spread, spread } from "./spread";

/** What the kit is to reach: at most this many times the peer's figure, or at least or at most this figure of its own. */
export type Target = { ratioAtMost: number } | { kitAtLeast: number } | { kitAtMost: number };

/** One line of the table. */
export interface Row {
  what: string;
  kit: Spread;
  /** Null where PyTorch was not at hand, or has no such thing. */
  peer: Spread | null;
  /** Kit to peer: of the medians, and the least and greatest of a round. */
  ratio: Spread | null;
  target: Target | null;
  /** Null without a target, or without the peer that it asks for. */
  met: boolean | null;
}

export function row<Measured = Figures>(
  what: string,
  rounds: { kit: Measured[]; peer: Measured[] },
  value: (measured: Measured) => number,
  target: Target | null = null,
): Row {
  const [kit, peer] = [rounds.kit.map(value), rounds.peer.map(value)];
  const line = { what, kit: spread(kit), peer: peer.length > 0 ? spread(peer) : null, target };
  const ratio = line.peer && {
    ...spread(kit.map((each, round) => each / peer[round])),
    median: line.kit.median / line.peer.median,
  };
  return { ...line, ratio, met: isMet(target, line.kit.median, ratio?.median) };
}

function isMet(target: Target | null, kit: number, ratio: number | undefined): boolean | null {
  if (target === null) return null;
  if ("kitAtLeast" in target) return kit >= target.kitAtLeast;
  if ("kitAtMost" in target) return kit <= target.kitAtMost;
  return ratio === undefined ? null : ratio <= target.ratioAtMost;
}
