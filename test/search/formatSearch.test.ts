import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSearch } from "../../src/search/formatSearch";
import { searched } from "./searched";

test("A search's table has a line for each depth, with how it is known, and its sentence below.", () => {
  assert.equal(
    formatSearch(searched()),
    [
      "   N             accuracy  to the chosen [95 %]        rate  takes",
      "none  dropped                                                 75 %",
      "   3  predicted  ~ 0.91                                       31 %",
      "   4  measured   0.9074    +0.0046 [-0.0047, +0.0139]  1e-3   17 %",
      "   5  measured   0.9028                                1e-3  2.8 %  <- take",
      "   6  measured   0.8935    -0.0093 [-0.0269, +0.0083]  3e-2  0.4 %",
      "",
      "N = 5 at 1e-3: the deepest.",
    ].join("\n"),
  );
});
