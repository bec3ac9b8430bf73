import { createContext, Script } from "node:vm";
import { codeOf } from "../../files/codeOf";

const context = createContext({ compute: () => {} });
const script = new Script("compute()");
let running = false;

/**
 * What `compute` gives, if it ends in time; else what `late` gives is thrown. Node's vm ends whatever computes, a regular expression in the
 * midst of its backtracking too, which nothing else in a process can. Takes a quarter of a millisecond. A call within another is held to the
 * outer one's time.
 */
export function withinSeconds<T>(seconds: number, compute: () => T, late: () => Error): T {
  if (running) return compute();
  running = true;
  context.compute = compute;
  try {
    return script.runInContext(context, { timeout: 1000 * seconds });
  } catch (error) {
    throw codeOf(error) === "ERR_SCRIPT_EXECUTION_TIMEOUT" ? late() : error;
  } finally {
    running = false;
    context.compute = () => {};
  }
}
