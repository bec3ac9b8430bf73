import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeHtml } from "../../src/text/escapeHtml";
import { parseJsonObject } from "../../src/text/json";
import { oneLine, reasonOf } from "../../src/text/oneLine";
import { plotText } from "../../src/text/plotText";
import { scriptJson } from "../../src/text/scriptJson";
import { svgImage } from "../../src/text/svgImage";

const NAME = `<b a="1" b='2'>&%{x}\u001b\u2028</b>`;

test("A name of anyone's stands in HTML, in its attributes too, as the text that it is", () => {
  assert.equal(escapeHtml(NAME), "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;%{x}␛\u2028&lt;/b&gt;");
  assert.match(
    svgImage("<svg/>", NAME),
    /^<img src="data:image\/svg\+xml;base64,PHN2Zy8\+" alt="&lt;b a=&quot;/,
  );
});

test("Plotly, which reads HTML and templates in texts, shows it as it is", () => {
  assert.equal(plotText(NAME), `&lt;b a="1" b='2'&gt;&amp;%&#123;x}␛\u2028&lt;/b&gt;`);
});

test("In a script it ends neither the script nor a line, and is the same once it is read", () => {
  const json = scriptJson({ name: NAME });
  assert.doesNotMatch(json, /[<\u2028]/);
  assert.equal(JSON.parse(json).name, NAME.replace("\u001b", "␛"));
});

test("In a line of its own it stays one line and steers no terminal", () => {
  assert.equal(oneLine("a\r\n\tb\u001b[2J"), "a b\\x1b[2J");
  assert.equal(reasonOf(new Error("first\nsecond")), "first");
  assert.equal(reasonOf("bare"), "bare");
});

test("A text that is no JSON object is refused in one line that names its place", () => {
  assert.deepEqual(parseJsonObject("a.json", ' {"b": [1]}\n'), { b: [1] });
  assert.throws(
    () => parseJsonObject("a.json", '{"b":\n[1}\n'),
    /^InputError: a\.json: expected JSON, got [^\n]+$/,
  );
  for (const text of ["[1]", "null", '"b"'])
    assert.throws(() => parseJsonObject("a.json", text), {
      name: "InputError",
      message: `a.json: expected a JSON object, got ${text}`,
    });
});
