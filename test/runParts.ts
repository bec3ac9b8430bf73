import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** Runs the test files whose paths hold one of `parts` in a Node.js of their own, where variables of the environment may differ: how many tests passed, none having failed. */
export async function runParts(
  parts: readonly string[],
  { program = process.execPath, variables = {} }: { program?: string; variables?: NodeJS.ProcessEnv } = {},
): Promise<number> {
  const env = { ...process.env };
  // Every engine runs there, whatever has run here.
  for (const name of [
    "NODE_TEST_CONTEXT",
    "FROSTKIT_REQUIRE",
    "FROSTKIT_RAN",
    "FROSTKIT_WAITS",
    "FROSTKIT_TEST_ENGINES",
  ])
    delete env[name];
  const args = ["--import", "tsx", join(__dirname, "run.ts"), ...parts];
  const child = spawn(program, args, { env: { ...env, ...variables } });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  const [code] = await once(child, "close");
  assert.equal(code, 0, said);
  const passed = Number(/^\S+ pass (\d+)$/m.exec(said)?.[1]);
  assert.ok(passed > 0, said);
  return passed;
}
