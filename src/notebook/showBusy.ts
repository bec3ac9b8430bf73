import { patchClass } from "./patchClass";

/** A request as tslab holds it. */
interface Message {
  header: { msg_type: string };
}

interface Server {
  publishStatus(status: "busy" | "idle", parent: Message): void;
  handleShellMessage(socket: unknown, ...frames: Buffer[]): Promise<void>;
}

/**
 * Shows a tslab kernel as busy for as long as a cell runs. tslab reports "busy" for all cells at once when they arrive, and "idle"
 * when the first has ended, with the others still to come, and after each request that is answered in between. Here a cell starts
 * when the one before has ended, and a request in between leaves the kernel busy.
 */
export function showBusy(): void {
  patchClass<Server>("tslab/dist/jupyter.js", "ZmqServer", "showBusy", (prototype) => {
    const { publishStatus, handleShellMessage } = prototype;
    let last: Promise<void> = Promise.resolve();
    let cell: Message | null = null;
    prototype.publishStatus = function (status, parent) {
      publishStatus.call(this, status, parent);
      if (parent.header.msg_type === "execute_request") cell = status === "busy" ? parent : null;
      else if (status === "idle" && cell) publishStatus.call(this, "busy", cell);
    };
    prototype.handleShellMessage = function (socket, ...frames) {
      const handle = () => handleShellMessage.call(this, socket, ...frames);
      if (typeOf(frames) !== "execute_request") return handle();
      const turn = last.then(handle);
      last = turn.catch(() => {});
      return turn;
    };
  });
}

/** What a message asks for: its header is the second frame behind the delimiter. */
function typeOf(frames: Buffer[]): string | undefined {
  const delimiter = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
  try {
    return JSON.parse(frames[delimiter + 2].toString()).msg_type;
  } catch {
    return undefined;
  }
}
