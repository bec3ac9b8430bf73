import { textOf } from "../notebook/Kernel";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Kernel } from "../notebook/Kernel";
import { joined, readNotebook, repository } from "./runNotebook";
import { withSettings } from "./withSettings";
(async () => {
  const settings = JSON.parse(process.argv[2] ?? "{}");
  const nb = withSettings(readNotebook(join(repository, "notebooks/04-competition.ipynb")), settings);
  process.env.FROSTKIT_CACHE_GB = "0";
  mkdirSync(join(repository, "runs"), { recursive: true });
  const folder = mkdtempSync(join(repository, "runs", "notebook-"));
  const kernel = await Kernel.start(folder);
  const t0 = performance.now();
  for (const cell of nb.cells.filter((c) => c.cell_type === "code")) {
    const t = performance.now();
    const reply = await kernel.execute(joined(cell.source), undefined, { seconds: 900 });
    console.log(cell.id, reply.status, ((performance.now() - t) / 1000).toFixed(1), "s", textOf(reply, "stdout").slice(-400), textOf(reply, "stderr").slice(0, 1200));
    for (const o of reply.outputs) if (o.data) console.log("   ", String(o.data["text/plain"] ?? "").slice(0, 900));
    if (reply.status !== "ok") break;
  }
  console.log("total", ((performance.now() - t0) / 1000).toFixed(1), "s");
  kernel.close();
  rmSync(folder, { recursive: true });
})();
