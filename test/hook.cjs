// Loaded into each test file's process by run.ts: TypeScript is taken from where transpile.ts has put it. Paths stay those of the sources.
const { readFileSync } = require("node:fs");
const { join, relative } = require("node:path");

require.extensions[".ts"] = (module, filename) => {
  const transpiled = join(process.env.FROSTKIT_TRANSPILED, relative(join(__dirname, ".."), filename));
  module._compile(readFileSync(transpiled, "utf8"), filename);
};
