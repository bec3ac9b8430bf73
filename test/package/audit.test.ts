import assert from "node:assert/strict";
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
