import { PixelRows } from "./PixelRows";
import type { Dataset, Rows } from "./Rows";
import { TextRows } from "./TextRows";
import { TokenWindows } from "./TokenWindows";

/** A dataset's rows with what training asks of them. The one place that tells images from texts. */
export const rowsOf = (dataset: Dataset): Rows =>
  "pixels" in dataset
    ? new PixelRows(dataset)
    : "places" in dataset
      ? new TokenWindows(dataset)
      : new TextRows(dataset);
