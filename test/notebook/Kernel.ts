import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dealer, Subscriber } from "zeromq";

/** What a cell wrote or displayed, as it is kept in a notebook: an update has replaced what it updates. */
export interface Output {
  type: "stream" | "display_data";
  /** Of a stream: stdout or stderr. */
  name?: string;
  text?: string;
  /** Of a display: its content by MIME type. */
  data?: Record<string, unknown>;
}

export interface Reply {
  status: "ok" | "error" | "abort";
  outputs: Output[];
  /** The contents each display went through, first to last. */
  frames: Record<string, unknown>[];
}

/** A running cell: what has come of it so far, and whom to tell of the rest. */
export interface Cell extends Reply {
  /** Whether the kernel has taken it up. */
  busy: boolean;
  replied: boolean;
  idle: boolean;
  changed(): void;
  fail(error: Error): void;
}

const delimiter = "<IDS|MSG>";
const tslab = createRequire(require.resolve("tslab"));

/** A real tslab kernel in a process of its own, spoken to as Jupyter does (jupyter-client.readthedocs.io, "Messaging"). */
export class Kernel {
  #cells = new Map<string, Cell>();
  #displays = new Map<string, Output>();
  #alive = false;
  #onStatus: (id: string, state: string) => void = () => {};
  #ended: Error | null = null;

  private constructor(
    private readonly child: ChildProcess,
    private readonly key: string,
    private readonly shell: Dealer,
    private readonly iopub: Subscriber,
    private readonly folder: string,
  ) {
    child.once("exit", (code, signal) => {
      this.#ended = new Error(`the kernel ended: ${signal ?? `exit code ${code}`}`);
      for (const cell of this.#cells.values()) cell.fail(this.#ended);
    });
  }

  /** Starts one that works in the folder `cwd`, from which a cell's imports are found: the kit's kernel, or tslab's own. */
  static async start(cwd: string, which: "frostkit" | "tslab" = "frostkit"): Promise<Kernel> {
    // Loaded by whoever starts a kernel only, and as tslab's own, since it is tslab's dependency.
    const { Dealer, Subscriber } = tslab("zeromq") as typeof import("zeromq");
    const folder = mkdtempSync(join(tmpdir(), "frostkit-kernel-"));
    const key = randomUUID();
    // Sockets that are files: no port has to be free.
    const connection = { transport: "ipc", ip: join(folder, "socket"), key, signature_scheme: "hmac-sha256" };
    const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
    const config = join(folder, "kernel.json");
    writeFileSync(config, JSON.stringify({ ...connection, ...ports }));
    const shell = new Dealer();
    const iopub = new Subscriber({ receiveHighWaterMark: 0 });
    shell.connect(`ipc://${connection.ip}:1`);
    iopub.connect(`ipc://${connection.ip}:2`);
    iopub.subscribe();
    const main = {
      frostkit: [
        "--enable-source-maps",
        join(__dirname, "..", "..", "dist", "notebook", "startKernel.js"),
        config,
      ],
      tslab: [
        join(require.resolve("tslab/package.json"), "..", "bin", "tslab"),
        "kernel",
        "--config-path",
        config,
      ],
    };
    const child = spawn(process.execPath, main[which], {
      cwd,
      stdio: ["ignore", "inherit", "inherit"],
    });
    const kernel = new Kernel(child, key, shell, iopub, folder);
    for (const socket of [shell, iopub]) void kernel.#listen(socket);
    // Whoever subscribes misses what was published before it was connected: asks until an answer is seen.
    while (!kernel.#alive) {
      if (kernel.#ended) throw kernel.#ended;
      await kernel.#send("kernel_info_request", {});
      await sleep(100);
    }
    return kernel;
  }

  /** Runs a cell to its end; `onChange` is told whenever more has come of it. One that does not end is an error. */
  async execute(
    code: string,
    onChange: (cell: Cell) => void = () => {},
    { seconds = 300 } = {},
  ): Promise<Reply> {
    if (this.#ended) throw this.#ended;
    const id = randomUUID();
    let guard: NodeJS.Timeout | undefined;
    const reply = await new Promise<Reply>((resolve, reject) => {
      guard = setTimeout(() => reject(new Error(`a cell did not end: ${code}`)), seconds * 1000);
      const cell: Cell = {
        ...{ status: "ok", outputs: [], frames: [], busy: false, replied: false, idle: false },
        changed() {
          onChange(cell);
          if (cell.replied && cell.idle) resolve(cell);
        },
        fail: reject,
      };
      this.#cells.set(id, cell);
      this.#send("execute_request", { code, silent: false }, id).catch(reject);
    }).finally(() => clearTimeout(guard));
    this.#cells.delete(id);
    // For a while tslab refuses whatever comes after a cell that failed.
    if (reply.status !== "abort") return reply;
    await sleep(100);
    return this.execute(code, onChange, { seconds });
  }

  /** Sends cells all at once, as Run All does, and asks something else in between; gives the statuses in order, and the replies. */
  async queue(
    codes: string[],
    between?: string,
  ): Promise<{ statuses: { cell: number | null; state: string }[]; replies: string[] }> {
    const ids: string[] = codes.map(() => randomUUID());
    const statuses: { cell: number | null; state: string }[] = [];
    this.#onStatus = (id, state) => statuses.push({ cell: ids.includes(id) ? ids.indexOf(id) : null, state });
    const ended = ids.map(
      (id) =>
        new Promise<string>((resolve, reject) => {
          const cell: Cell = {
            ...{ status: "ok", outputs: [], frames: [], busy: false, replied: false, idle: false },
            changed() {
              if (cell.replied && cell.idle) resolve(cell.status);
            },
            fail: reject,
          };
          this.#cells.set(id, cell);
        }),
    );
    for (const [i, code] of codes.entries())
      await this.#send("execute_request", { code, silent: false }, ids[i]);
    await sleep(100);
    if (between) await this.#send(between, {});
    const replies = await Promise.all(ended);
    this.#onStatus = () => {};
    return { statuses, replies };
  }

  /** What Jupyter's stop button does. */
  interrupt(): void {
    this.child.kill("SIGINT");
  }

  /** Sends it a signal, or Jupyter's wish to be shut down, and gives the exit code that it ends with. */
  async end(how: "SIGTERM" | "shutdown_request"): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child.once("exit", resolve));
    if (how === "SIGTERM") this.child.kill(how);
    else await this.#send(how, { restart: false });
    return ended;
  }

  close(): void {
    this.child.kill("SIGKILL");
    this.shell.close();
    this.iopub.close();
    rmSync(this.folder, { recursive: true });
  }

  async #send(type: string, content: object, id: string = randomUUID()): Promise<void> {
    const header = { msg_id: id, msg_type: type, session: "test", username: "test", version: "5.3" };
    const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
    const hmac = createHmac("sha256", this.key).update(parts.join("")).digest("hex");
    await this.shell.send([delimiter, hmac, ...parts]);
  }

  async #listen(socket: Dealer | Subscriber): Promise<void> {
    for await (const frames of socket) {
      const start = frames.findIndex((frame) => frame.toString() === delimiter) + 2;
      const [header, parent, , content] = frames.slice(start).map((frame) => JSON.parse(frame.toString()));
      if (socket === this.iopub) this.#alive = true;
      if (header.msg_type === "status") this.#onStatus(parent.msg_id, content.execution_state);
      const cell = this.#cells.get(parent.msg_id);
      if (!cell) continue;
      this.#take(cell, header.msg_type, content);
      cell.changed();
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: a message's content, by its type
  #take(cell: Cell, type: string, content: any): void {
    if (type === "execute_reply") {
      cell.status = content.status;
      cell.replied = true;
    }
    if (type === "status") cell[content.execution_state as "busy" | "idle"] = true;
    if (type === "stream") {
      const last = cell.outputs.at(-1);
      if (last?.name === content.name) last!.text += content.text;
      else cell.outputs.push({ type, name: content.name, text: content.text });
    }
    if (type === "display_data") {
      const output: Output = { type, data: content.data };
      cell.outputs.push(output);
      cell.frames.push(content.data);
      this.#displays.set(content.transient?.display_id, output);
    }
    if (type === "update_display_data") {
      this.#displays.get(content.transient.display_id)!.data = content.data;
      cell.frames.push(content.data);
    }
  }
}

/** Everything a cell wrote to stdout or stderr. */
export const textOf = (reply: Reply, name: "stdout" | "stderr"): string =>
  reply.outputs
    .filter((output) => output.name === name)
    .map((output) => output.text)
    .join("");
