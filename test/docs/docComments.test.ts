import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as frostkit from "../../src/index";
import { type DocComment, docComments, examplesOf, textOf } from "./blocks";

/** Where each exported name is declared, by `src/index.ts`. */
const declaredIn = new Map(
  [...textOf("src/index.ts").matchAll(/export (?:type )?\{([^}]*)\} from "\.\/([^"]+)"/g)].flatMap(
    ([, names, path]) =>
      names.split(",").flatMap((name): [string, string][] => {
        const bare = name.replace("type ", "").trim();
        return bare ? [[bare, `src/${path}.ts`]] : [];
      }),
  ),
);

function commentOf(name: string): DocComment | undefined {
  const declaration = new RegExp(`^export (?:async |abstract )?(?:function|const|class) ${name}\\b`);
  return docComments(declaredIn.get(name)!).find(({ next }) => declaration.test(next));
}

/** A function's text, up to the brace in the first column that ends it. */
function bodyOf(name: string): string {
  const text = textOf(declaredIn.get(name)!);
  const at = text.search(new RegExp(`^export (?:async )?(?:function|const) ${name}\\b`, "m"));
  return text.slice(at, text.indexOf("\n}", at) + 2);
}

const functions = Object.entries(frostkit).flatMap(([name, value]) =>
  typeof value === "function" && !/^[A-Z]/.test(name) ? [name] : [],
);

describe("Each exported function", () => {
  test("has a doc comment with an example, and so have the two AutoModels", () => {
    const lacking = [
      ...functions,
      "AutoModelForSequenceClassification",
      "AutoModelForImageClassification",
    ].filter((name) => {
      const comment = commentOf(name);
      return comment === undefined || examplesOf(comment).length === 0;
    });
    assert.ok(functions.length > 40);
    assert.deepEqual(lacking, []);
  });

  test("says what it throws, where it throws itself or checks what it is given", () => {
    const silent = functions.filter(
      (name) =>
        /\bthrow new|\bcheck(?!s\b)[A-Z]\w*\(|\breadOptions\(|\breadNamed\(/.test(bodyOf(name)) &&
        !commentOf(name)!.text.includes("@throws"),
    );
    assert.deepEqual(silent, []);
  });
});
