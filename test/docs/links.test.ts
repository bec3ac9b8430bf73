import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { pages, root, textOf } from "./blocks";

/** A page's text without its code, in which brackets mean something else. */
const proseOf = (file: string): string =>
  textOf(file)
    .replace(/^( *)```[\s\S]*?^\1```$/gm, "")
    .replace(/`[^`\n]*`/g, "");

/** As GitHub names a heading's place. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

describe("Links of the pages", () => {
  for (const file of pages)
    test(`${file}: what it links to in this repository is there`, () => {
      const links = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
      for (const link of links.filter((link) => !/^https?:/.test(link))) {
        const [path, anchor] = link.split("#");
        const target = path === "" ? file : join(dirname(file), path);
        assert.ok(existsSync(join(root, target)), `${file} links to ${link}, which is not there`);
        if (anchor === undefined) continue;
        const headings = [...textOf(target).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading));
        assert.ok(headings.includes(anchor), `${target} has no heading #${anchor}, which ${file} links to`);
      }
      assert.ok(links.length > 0 || file !== "README.md");
    });

  test("Every page of docs/ is linked from the README, and the README has at most 150 lines", () => {
    const readme = textOf("README.md");
    const unlinked = readdirSync(join(root, "docs"))
      .filter((name) => name.endsWith(".md"))
      .filter((name) => !readme.includes(`](docs/${name})`));
    assert.deepEqual(unlinked, []);
    assert.ok(readme.trimEnd().split("\n").length <= 150);
  });
});
