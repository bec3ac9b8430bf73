import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { FrostError } from "../../src/errors";
import { fetchPackage } from "../../src/packages/fetchPackage";
import { OPTIONAL_PACKAGES, type OptionalPackage } from "../../src/packages/optionalPackages";
import { fetchedFolder, installedFolder, packageFolder } from "../../src/packages/packageFolder";
import { fakeCommand, setEnv, temporaryFolder } from "../engine/native/fakes";

const names = Object.keys(OPTIONAL_PACKAGES) as OptionalPackage[];

for (const name of names)
  test(`${name} is taken from where npm installed it, in the version of package.json, and nothing is fetched`, async () => {
    const folder = await fetchPackage(name, () => assert.fail("nothing is to be told"));
    assert.equal(folder, installedFolder(name));
    assert.equal(folder, packageFolder(name));
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    assert.equal(version, OPTIONAL_PACKAGES[name]);
  });

// No npm package has this name; installation tells nothing of it, as of one that npm left out.
const missing = "@frostkit-test/left-out" as OptionalPackage;

describe("A package that npm left out", () => {
  const { PATH, FROSTKIT_CACHE, HF_HUB_OFFLINE } = process.env;
  let cache: string;
  beforeEach(() => {
    cache = temporaryFolder();
    (OPTIONAL_PACKAGES as Record<string, string>)[missing] = "1.2.3";
    setEnv({ FROSTKIT_CACHE: cache, HF_HUB_OFFLINE: undefined });
  });
  afterEach(() => {
    delete (OPTIONAL_PACKAGES as Record<string, string>)[missing];
    setEnv({ PATH, FROSTKIT_CACHE, HF_HUB_OFFLINE });
  });
  const npmIs = (body: string) => setEnv({ PATH: `${fakeCommand("npm", body)}:${PATH}` });

  test("is installed by npm without running its scripts, in a folder of the kit's cache, once", async () => {
    npmIs(`mkdir -p node_modules/${missing} && echo "$@" > node_modules/${missing}/package.json`);
    const lines: string[] = [];
    const folder = await fetchPackage(missing, (line) => lines.push(line));
    assert.equal(folder, fetchedFolder(missing));
    const [asked] = readFileSync(join(folder, "package.json"), "utf8").split("\n");
    assert.match(asked, /^install --ignore-scripts .*@frostkit-test\/left-out@1\.2\.3( |$)/);
    assert.equal(lines.length, 1);
    assert.match(lines[0], /^fetching @frostkit-test\/left-out 1\.2\.3 from the npm registry into /);
    assert.equal(await fetchPackage(missing, () => assert.fail("it is there")), folder);
    assert.deepEqual(readdirSync(join(cache, "packages")), ["@frostkit-test+left-out@1.2.3"]);
  });

  test("is installed with the versions that package.json overrides, so that it brings no known weakness along", async () => {
    npmIs(`mkdir -p node_modules/${missing} && cp package.json node_modules/${missing}/package.json`);
    const folder = await fetchPackage(missing, () => {});
    const { overrides } = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8"));
    assert.deepEqual(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")), { overrides });
    assert.deepEqual(Object.keys(overrides["@tensorflow/tfjs-node-gpu"]), ["adm-zip", "tar"]);
  });

  test("is an error of one line with npm's reason where npm fails, and leaves nothing behind", async () => {
    npmIs('echo "npm error code ENOTFOUND" >&2; echo "npm error no such host" >&2; exit 1');
    await assert.rejects(
      fetchPackage(missing, () => {}),
      (error: Error) => {
        assert.ok(error instanceof FrostError);
        assert.equal(
          error.message,
          "@frostkit-test/left-out could not be fetched (npm install failed: code ENOTFOUND; no such host); npm install --ignore-scripts @frostkit-test/left-out@1.2.3 brings it",
        );
        return true;
      },
    );
    assert.deepEqual(readdirSync(join(cache, "packages")), []);
  });

  for (const word of ["1", "true", "YES"])
    test(`is not fetched where HF_HUB_OFFLINE=${word} forbids it`, async () => {
      npmIs(`touch ${join(cache, "called")}`);
      setEnv({ HF_HUB_OFFLINE: word });
      await assert.rejects(
        fetchPackage(missing, () => {}),
        /HF_HUB_OFFLINE forbids fetching it; npm install/,
      );
      assert.ok(!existsSync(join(cache, "called")));
    });
});
