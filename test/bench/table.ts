import { type Agreement, agreements } from "./agreement";
import type { Rounds } from "./contest";
import type { Measured } from "./Part";
import { parts } from "./parts/parts";
import { FIRING, RESTING, WHOLE } from "./parts/sweepPart";
import type { Results, Section } from "./results";
import type { Row, Target } from "./row";
import { searchTable } from "./searchTable";
import type { Spread } from "./spread";

/** The results as Markdown: figures and targets, whether accuracies agree, and what each part was measured on. */
export function table(results: Results): string {
  const sections = Object.keys(parts).flatMap((name) =>
    results[name] ? [[name, results[name]] as const] : [],
  );
  const compared = sections.flatMap(([name, { measured }]) => agreementsOf(name, measured));
  const rows = sections.flatMap(([, { rows }]) => rows);
  const alone = rows.filter(({ peer, target }) => !peer && !target);
  const judged = rows.filter((row) => !alone.includes(row));
  return [
    "Medians (least – greatest) of the rounds. A ratio is that of the medians, beside it the least and greatest of a round.",
    "",
    ...(judged.length > 0
      ? [
          "| | kit | PyTorch | kit / PyTorch | target | met |",
          "|---|---|---|---|---|---|",
          ...judged.map(rowLine),
          "",
        ]
      : []),
    ...(alone.length > 0
      ? [
          "Of the kit alone:",
          "",
          "| | |",
          "|---|---|",
          ...alone.map(({ what, kit }) => `| ${what} | ${cell(kit)} |`),
          "",
        ]
      : []),
    ...(compared.length > 0 ? agreementTable(compared) : []),
    ...(results.search ? searchTable(results.search.measured) : []),
    "How each part was measured:",
    "",
    ...sections.map(([name, section]) => `- **${name}**: ${conditions(section)}`),
    "",
  ].join("\n");
}

/** With the recipe as it is, and with the same training on both sides, without and with dropout in what is frozen. */
function agreementsOf(
  name: string,
  { [WHOLE]: whole, [RESTING]: resting, [FIRING]: firing }: Measured,
): Agreement[] {
  const named = (rounds: Rounds, prefix: string) =>
    agreements(rounds).map((each) => ({ ...each, what: `${prefix}, ${each.what}` }));
  return [
    ...(whole ? named(whole, name) : []),
    ...(whole && resting ? named({ kit: whole.kit, peer: resting.peer }, `${name}, ${RESTING}`) : []),
    ...(whole && firing ? named({ kit: firing.kit, peer: whole.peer }, `${name}, ${FIRING}`) : []),
  ];
}

const rowLine = ({ what, kit, peer, ratio, target, met }: Row): string =>
  `| ${what} | ${cell(kit)} | ${cell(peer)} | ${cell(ratio, 2)} | ${targetText(target)} | ${met === null ? "" : met ? "yes" : "no"} |`;

function targetText(target: Target | null): string {
  if (target === null) return "";
  if ("kitAtLeast" in target) return `kit ≥ ${target.kitAtLeast}`;
  return "kitAtMost" in target ? `kit ≤ ${target.kitAtMost}` : `≤ ${target.ratioAtMost}`;
}

function agreementTable(compared: Agreement[]): string[] {
  return [
    "Accuracies, means over the seeds, and whether they differ by two standard errors of the difference at most:",
    "",
    "| | kit | PyTorch | difference | standard error | agree |",
    "|---|---|---|---|---|---|",
    ...compared.map(({ what, kit, peer, difference, standardError, agrees }) => {
      const [a, b, d, e] = [kit, peer, difference, standardError].map((x) => x.toFixed(4));
      return `| ${what} | ${a} | ${b} | ${d} | ${e} | ${agrees ? "yes" : "no"} |`;
    }),
    "",
  ];
}

function conditions({ date, machine, loadBefore, versions, rounds, table, about }: Section): string {
  const { cpu, cores, memoryGB, instructions = [] } = machine;
  const load = loadBefore ? `, load average before it ${loadBefore.map((x) => x.toFixed(1)).join(", ")}` : "";
  const list = (versions: Record<string, string>) =>
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ");
  const other = versions.onnxruntime ? `, and ${list(versions.onnxruntime)}` : "";
  const peer = versions.peer ? `; PyTorch's side: ${list(versions.peer)}` : "";
  return (
    `${about}${table ? ` Table: ${table}.` : ""} ${rounds === 1 ? "1 round" : `${rounds} rounds`}, ${date}, ${[cpu, ...instructions].join(", ")}, ${cores} cores, ${memoryGB} GB${load}. ` +
    `Kit: ${list(versions.kit)}${other}${peer}.`
  );
}

function cell(spread: Spread | null, places?: number): string {
  if (spread === null) return "";
  const { median, least, greatest } = spread;
  const [middle, from, to] = [median, least, greatest].map((x) => digits(x, places));
  return `${middle} (${from} – ${to})`;
}

function digits(x: number, places?: number): string {
  if (places !== undefined) return x.toFixed(places);
  return x >= 100 ? x.toFixed(0) : x.toPrecision(3);
}
