import { PRECISIONS } from "../engine/autocast";
import { useEngine } from "../engine/useEngine";
import { whoComputes } from "../ops/whoComputes";
import { alignTable } from "../text/alignTable";

/** Who computes each op on the engine that auto takes, as a table, and below it why others do not. */
export async function opsTable(): Promise<string> {
  const { name, reason } = await useEngine("auto");
  const precisions = name === "tensorflow" ? PRECISIONS : (["fp32"] as const);
  const lines = whoComputes(precisions);
  const rows = lines.map(({ op, by }) => [op, ...precisions.map((precision) => by[precision]!)]);
  const reasons = new Set(lines.flatMap(({ others }) => others));
  return [
    `engine ${name} (${reason})\n`,
    `${alignTable([["op", ...precisions], ...rows])}\n`,
    ...reasons,
  ].join("\n");
}
