import type { WriteStream } from "node:tty";
import { MultiBar, type SingleBar } from "cli-progress";
import { visible } from "../freeze";
import { formatCount } from "../text/numbers";
import { oneLine } from "../text/oneLine";

/** One bar of a board. */
export interface Bar {
  update(value: number, total: number, text: string): void;
  /** "1,200 of 5,000 rows" */
  count(value: number, total: number, what: string): void;
}

/** Shows a bar for as long as `work` runs. */
export async function withBar<T>(label: string, work: (bar: Bar, board: Board) => Promise<T>): Promise<T> {
  const board = new Board();
  try {
    return await work(board.bar(label), board);
  } finally {
    board.stop();
  }
}

/**
 * Shows work under way on stderr: on a terminal bars, with lines scrolling past above them; elsewhere (a log, a notebook's
 * cell) the lines alone.
 */
export class Board {
  #bars: MultiBar;

  constructor(private readonly stream: Pick<WriteStream, "write" | "isTTY"> = process.stderr) {
    this.#bars = new MultiBar({
      stream: stream as WriteStream,
      format: "{label} {bar} {text}",
      barsize: 16,
      clearOnComplete: true,
      linewrap: true,
      // Its handler would swallow the first Ctrl-C.
      gracefulExit: false,
    });
  }

  line(line: string): void {
    const text = visible(line);
    if (this.stream.isTTY && this.#bars.isActive) this.#bars.log(`${text}\n`);
    else this.stream.write(`${text}\n`);
  }

  bar(label: string): Bar {
    const bar: SingleBar = this.#bars.create(1, 0, { label: oneLine(label), text: "" });
    const update = (value: number, total: number, text: string) => {
      bar.setTotal(Math.max(1, total));
      bar.update(value, { text: oneLine(text) });
    };
    return {
      update,
      count(value, total, what) {
        update(value, total, `${formatCount(value)} of ${formatCount(total)} ${what}`);
      },
    };
  }

  /** Takes the bars away; the lines stay. */
  stop(): void {
    if (!this.#bars.isActive) return;
    // Lines that came since the last frame are written with a frame only.
    this.#bars.update();
    this.#bars.stop();
  }
}
