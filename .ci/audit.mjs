// node .ci/audit.mjs: asks the npm registry for known weaknesses of all packages in the lock files, and fails for each of level high or
// above that SECURITY.md does not reason away by its GHSA number. A registry that does not answer is told of, since nothing was looked at.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LOCKS } from "./licences.mjs";

/**
 * What an answer of `npm audit --json` says: why there is none, else a line for each weakness of level high or above, and whether
 * SECURITY.md has its number.
 */
export function readAudit(stdout, security) {
  let answer;
  try {
    answer = JSON.parse(stdout);
  } catch {
    return { unanswered: "npm audit gave no JSON", found: [] };
  }
  if (answer === null || typeof answer.vulnerabilities !== "object")
    return { unanswered: String(answer?.message ?? answer?.error?.summary ?? "npm audit gave no list"), found: [] };
  const found = new Map();
  for (const { via = [] } of Object.values(answer.vulnerabilities))
    for (const each of via) {
      // A text names another package of the list, through which this one is concerned.
      if (typeof each === "string" || !["high", "critical"].includes(each.severity)) continue;
      const id = /GHSA(-\w{4}){3}/.exec(each.url)?.[0] ?? String(each.source);
      const line = `${each.name} ${each.range}: ${each.severity}: ${each.title} (${each.url})`;
      found.set(id, { id, line, reasoned: security.includes(id) });
    }
  return { unanswered: null, found: [...found.values()] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const security = readFileSync(join(root, "SECURITY.md"), "utf8");
  for (const lock of LOCKS) {
    const { stdout = "", error } = spawnSync("npm", ["audit", "--json", "--audit-level=high"], {
      cwd: join(root, dirname(lock)),
      encoding: "utf8",
      timeout: 120_000,
      maxBuffer: 1e8,
    });
    const { unanswered, found } = readAudit(error ? "" : stdout, security);
    if (unanswered !== null)
      console.log(`⚠ ${lock}: the registry does not answer npm audit (${unanswered}): nothing was audited`);
    else console.log(`${lock}: ${found.length} weaknesses of level high or above`);
    for (const { line, reasoned } of found)
      if (reasoned) console.log(`  reasoned in SECURITY.md: ${line}`);
      else console.error(`✖ ${line}; update the package, or say in SECURITY.md by its number what of it can be reached`);
    if (found.some(({ reasoned }) => !reasoned)) process.exitCode = 1;
  }
}
