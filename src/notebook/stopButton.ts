/**
 * While `work` goes on, a notebook's stop button (SIGINT) calls `onStop` instead of giving up the cell, which would leave the
 * work running behind it. Pressed a second time it gives up the cell after all.
 */
export async function withStopButton<T>(onStop: () => void, work: () => Promise<T>): Promise<T> {
  // tslab runs a cell's first stretch by vm with breakOnSigint, which puts the listeners back when that ends.
  await null;
  const usual = process.rawListeners("SIGINT") as (() => void)[];
  let pressed = false;
  const press = () => {
    if (pressed) for (const listener of usual) listener();
    else onStop();
    pressed = true;
  };
  // Never without a listener: the signal would end the process.
  process.on("SIGINT", press);
  for (const listener of usual) process.off("SIGINT", listener);
  try {
    return await work();
  } finally {
    for (const listener of usual) process.on("SIGINT", listener);
    process.off("SIGINT", press);
  }
}
