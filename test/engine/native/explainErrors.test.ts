import assert from "node:assert/strict";
import { test } from "node:test";
import { explainBuildError } from "../../../src/engine/native/explainBuildError";
import { explainFileError } from "../../../src/engine/native/explainFileError";
import { explainLoadError } from "../../../src/engine/native/explainLoadError";
import { explainPipError } from "../../../src/engine/native/explainPipError";
import { FrostError } from "../../../src/errors";
import type { Outcome } from "../../../src/packages/runCommand";

const failed = (stderr: string, more: Partial<Outcome> = {}): Outcome => ({
  ...{ code: 1, signal: null, stdout: "", missing: false },
  stderr,
  ...more,
});

/** Each line of a table: what a program said, and what frostkit makes of it. */
function check(explain: (said: string) => string, table: [string, RegExp][]): void {
  for (const [said, expected] of table) {
    const line = explain(said);
    assert.match(line, expected);
    assert.doesNotMatch(line, /\n/);
  }
}

test("What the loader says of the binding is turned into what to do", () => {
  const missing = (library: string) =>
    `${library}: cannot open shared object file: No such file or directory`;
  check(explainLoadError, [
    [missing("libtensorflow_cc.so.2"), /^libtensorflow_cc\.so\.2, .* is gone; run frostkit native again$/],
    [missing("libcudnn.so.9"), /^libcudnn\.so\.9 is not on the path: pip install "tensorflow\[and-cuda\]"/],
    [missing("libcupti.so.12"), /LD_LIBRARY_PATH/],
    [missing("libstdc++.so.6"), /^TensorFlow needs libstdc\+\+\.so\.6, .* system's packages/],
    [
      "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.99' not found (required by /x/libtensorflow_cc.so.2)",
      /^this TensorFlow needs GLIBC_2\.99, and this system's glibc is [\d.]+;/,
    ],
    [
      "/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /x/tfjs_binding.node)",
      /libstdc\+\+\.so\.6 is too old \(GLIBCXX_3\.4\.32 is needed\); CXX=\/usr\/bin\/g\+\+ frostkit native/,
    ],
    ["/x/tfjs_binding.node: wrong ELF class: ELFCLASS32", /not one for linux \w+; run frostkit native on/],
    ["/x/tfjs_binding.node: file too short", /run frostkit native on this machine/],
    ["/x/tfjs_binding.node: undefined symbol: TFE_NewOp", /another TensorFlow \(TFE_NewOp is missing\)/],
    [
      "/x/tfjs_binding.node: failed to map segment from shared object: Operation not permitted",
      /noexec.*move the project/,
    ],
    ["/x/b.node: failed to map segment from shared object: Cannot allocate memory", /too little memory/],
    ["something new\nand more of it", /does not load: something new; run frostkit native again$/],
  ]);
});

test("What the compiler says is turned into what to do", () => {
  check(
    (said) => explainBuildError("g++", failed(said)),
    [
      [
        "g++: fatal error: cannot execute 'cc1plus': execvp: No such file",
        /no C\+\+ compiler .*apt-get install g\+\+/,
      ],
      ["/tmp/ccX.s: No space left on device", /^the disk is full/],
      [
        "g++: fatal error: Killed signal terminated program cc1plus",
        /^the compiler was ended, most likely for want of memory/,
      ],
      [
        "tfjs_backend.h:21:10: fatal error: node_api.h: No such file or directory",
        /^Node's header node_api\.h is missing: npm install/,
      ],
      [
        "c_api.h:30:10: fatal error: tensorflow/c/tf_attrtype.h: No such file or directory",
        /^TensorFlow's header tensorflow\/c\/tf_attrtype\.h is missing: pip install/,
      ],
      [
        "x.cc:18:10: fatal error: 'tsl/platform/ctstring.h' file not found",
        /header tsl\/platform\/ctstring\.h/,
      ],
      ["x.cc:20:10: fatal error: algorithm: No such file or directory", /C\+\+ header algorithm is missing/],
      [
        "/usr/bin/ld: libtensorflow_cc.so.2: error adding symbols: file in wrong format",
        /another kind of processor/,
      ],
      [
        "x.cc: In function 'f':\nx.cc:3:1: error: expected ';'\n more",
        /^g\+\+ cannot build .*: x\.cc:3:1: error: expected ';' \(FROSTKIT_DEBUG=1 shows all it says\)$/,
      ],
    ],
  );
  assert.match(
    explainBuildError("clang++", failed("", { missing: true })),
    /^no C\+\+ compiler \(clang\+\+\)/,
  );
  assert.match(explainBuildError("g++", failed("", { signal: "SIGKILL" })), /want of memory/);
});

test("What pip says is turned into what to do; a network that is down is told from a package that is not there", () => {
  const refused =
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip>: Failed to establish a " +
    "new connection: [Errno -2] Name or service not known')': /simple/tensorflow-cpu/\n";
  const none =
    "ERROR: Could not find a version that satisfies the requirement tensorflow-cpu<3 (from versions: none)\n" +
    "ERROR: No matching distribution found for tensorflow-cpu<3\n";
  check(
    (said) => explainPipError("tensorflow-cpu", failed(said)),
    [
      [refused + none, /^no network: pip cannot reach its index to fetch tensorflow-cpu; offline/],
      [none, /^pip finds no tensorflow-cpu: its index cannot be reached, or has none for this Python/],
      ["/usr/bin/python3: No module named pip\n", /has no pip: python3 -m ensurepip/],
      [
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
        /FROSTKIT_CACHE/,
      ],
      [
        "WARNING: x\nERROR: Exception: odd\n",
        /^pip cannot fetch tensorflow-cpu: ERROR: Exception: odd \(FROSTKIT_DEBUG/,
      ],
    ],
  );
  for (const outcome of [
    failed("", { missing: true }),
    failed("pyenv: python: command not found", { code: 127 }),
  ])
    assert.match(explainPipError("tensorflow-cpu", outcome), /^no Python: --pip needs python3 on the PATH/);
});

test("A full disk and a folder that cannot be written are explained; other errors stay what they are", () => {
  const errno = (code: string) => Object.assign(new Error(`${code}: write`), { code });
  for (const [code, expected] of [
    ["ENOSPC", /^the disk of \/modules is full/],
    ["EDQUOT", /^the disk of \/modules is full/],
    ["EROFS", /^\/modules cannot be written: copy the project/],
    ["EACCES", /^\/modules cannot be written/],
  ] as const) {
    const explained = explainFileError(errno(code), "/modules");
    assert.ok(explained instanceof FrostError);
    assert.match(explained.message, expected);
  }
  for (const other of [errno("EISDIR"), new FrostError("already explained")])
    assert.equal(explainFileError(other, "/modules"), other);
});
