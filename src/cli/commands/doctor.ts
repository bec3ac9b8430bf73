import { execFile } from "node:child_process";
import { availableParallelism, freemem, totalmem } from "node:os";
import { promisify } from "node:util";
import { Command } from "commander";
import { ENGINES, type EngineName, useEngine, whyNot } from "../../engine/useEngine";
import { version } from "../../version";
import { alignTable } from "../alignTable";
import { productSpeed } from "../productSpeed";

export function doctorCommand(): Command {
  return new Command("doctor")
    .summary("show what this machine can run, and what is missing")
    .description(
      "Shows versions, cores and memory, which engines run here and how fast they are, and whether notebooks find the " +
        "TypeScript kernel; for whatever is missing, what to do about it.",
    )
    .addHelpText("after", "\nExamples:\n  frostkit doctor")
    .action(doctor);
}

async function doctor(): Promise<void> {
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);
  const facts = [
    ["frostkit", version],
    ["Node.js", `${process.versions.node} (${process.platform} ${process.arch})`],
    ["processor", `${availableParallelism()} cores`],
    ["memory", `${gigabytes(totalmem())} GB, of which ${gigabytes(freemem())} GB are free`],
  ];
  for (const name of ENGINES) facts.push([`engine ${name}`, await tryEngine(name)]);
  facts.push(["notebook kernel", await findKernel()]);
  console.log(alignTable(facts));
}

async function tryEngine(name: EngineName): Promise<string> {
  const why = await whyNot(name);
  if (why !== null) return `no: ${why}`;
  const { versions } = await useEngine(name);
  const { size, gigaflops } = await productSpeed(name);
  const of = Object.entries(versions).map((entry) => entry.join(" "));
  return `yes: ${gigaflops.toPrecision(3)} GFLOP/s in a float32 product of ${size} x ${size} (${of.join(", ")})`;
}

/** Whether Jupyter lists tslab's kernel. */
async function findKernel(): Promise<string> {
  const jupyter = promisify(execFile)("jupyter", ["kernelspec", "list", "--json"], { timeout: 20_000 });
  try {
    const { kernelspecs } = JSON.parse((await jupyter).stdout);
    const folder = kernelspecs.tslab?.resource_dir;
    return folder
      ? `yes: ${folder}`
      : "no: Jupyter has no kernel tslab; npx tslab install --sys-prefix adds it";
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "is not on the PATH" : "lists no kernels";
    return `no: jupyter ${why}; notebooks need it, the command line does not`;
  }
}
