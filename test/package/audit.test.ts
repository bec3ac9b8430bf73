import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";

interface Found {
  id: string;
  line: string;
  reasoned: boolean;
}
let readAudit: (stdout: string, security: string) => { unanswered: string | null; found: Found[] };
before(async () => {
  ({ readAudit } = await import(pathToFileURL(join(__dirname, "../../.ci/audit.mjs")).href));
});

const advisory = (name: string, severity: string, id: string) => ({
  ...{ source: 1, name, severity, title: "Bad", range: "<2", url: `https://github.com/advisories/${id}` },
});
const answer = (...via: unknown[]) =>
  JSON.stringify({ vulnerabilities: { one: { via }, two: { via: ["one"] } } });

test("Weaknesses of level high and above are told once, those that SECURITY.md reasons away apart", () => {
  const high = advisory("one", "high", "GHSA-aaaa-bbbb-cccc");
  const critical = advisory("two", "critical", "GHSA-dddd-eeee-ffff");
  const { unanswered, found } = readAudit(
    answer(high, critical, high, advisory("three", "moderate", "GHSA-gggg-hhhh-iiii")),
    "GHSA-dddd-eeee-ffff: it is never reached, since …",
  );
  assert.equal(unanswered, null);
  assert.deepEqual(
    found.map(({ id, reasoned }) => [id, reasoned]),
    [
      ["GHSA-aaaa-bbbb-cccc", false],
      ["GHSA-dddd-eeee-ffff", true],
    ],
  );
  assert.equal(found[0].line, "one <2: high: Bad (https://github.com/advisories/GHSA-aaaa-bbbb-cccc)");
  assert.deepEqual(readAudit(answer(), ""), { unanswered: null, found: [] });
});

test("A registry that does not answer is told apart from one that finds nothing", () => {
  const refused = JSON.stringify({ message: "405 Method Not Allowed", method: "POST", statusCode: 405 });
  assert.deepEqual(readAudit(refused, ""), { unanswered: "405 Method Not Allowed", found: [] });
  for (const none of ["", "npm error", "null", "{}", '{"error":{"summary":"no network"}}'])
    assert.notEqual(readAudit(none, "").unanswered, null, none);
});

/** What was found by hand, each with the first version that has none of it: packages that a dependency asks for in older versions. */
const LEAST: Record<string, { version: string; why: string }> = {
  tar: { version: "7.5.21", why: "GHSA-23hp-3jrh-7fpw (critical) and others" },
  "adm-zip": {
    version: "0.6.1",
    why: "GHSA-xcpc-8h2w-3j85 (high), GHSA-7q85-xj36-vmfc, GHSA-vwc7-r8mq-g2x9",
  },
};

test("No package is locked to a version with a weakness that was found by hand, whatever the registry answers", () => {
  const root = join(__dirname, "../..");
  const numbers = (version: string) => version.split(".").map(Number);
  const looked = new Set<string>();
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  for (const [path, { version }] of Object.entries<{ version: string }>(packages)) {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const least = Object.hasOwn(LEAST, name) ? LEAST[name] : null;
    if (least === null) continue;
    looked.add(name);
    const [have, need] = [numbers(version), numbers(least.version)];
    const differs = have.findIndex((part, i) => part !== need[i]);
    assert.ok(differs < 0 || have[differs] > need[differs], `${path} ${version}: ${least.why}`);
  }
  assert.deepEqual([...looked].sort(), Object.keys(LEAST).sort());
});
