import type { TestContext } from "node:test";
import type { Bundle } from "../../src/notebook/kernel";

export interface Message {
  data: Bundle;
  transient: { display_id: string };
  update: boolean;
}

/** Makes this process look like a tslab kernel until the test has ended; gives the messages it would have sent. */
export function fakeKernel(t: TestContext): Message[] {
  const messages: Message[] = [];
  const path = "/somewhere/node_modules/tslab/dist/jupyter.js";
  const lastWriteDisplayData = (message: Omit<Message, "update">, update: boolean) => {
    messages.push({ ...structuredClone(message), update });
  };
  require.cache[path] = { exports: { lastWriteDisplayData } } as unknown as NodeJS.Module;
  t.after(() => {
    delete require.cache[path];
  });
  return messages;
}
