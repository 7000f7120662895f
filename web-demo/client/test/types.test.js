// The shipped types are those of the code.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const CLIENT = dirname(dirname(fileURLToPath(import.meta.url)));

test("types/ is what `npm run types` makes", () => {
  const made = mkdtempSync(join(tmpdir(), "cardbridge-types-"));
  try {
    const tsc = join(CLIENT, "node_modules/typescript/bin/tsc");
    const options = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", made];
    execFileSync(process.execPath, [tsc, "-p", CLIENT, ...options]);
    const shipped = readdirSync(join(CLIENT, "types")).sort();
    assert.deepEqual(shipped, readdirSync(made).sort());
    for (const name of shipped) {
      assert.equal(readFileSync(join(CLIENT, "types", name), "utf8"), readFileSync(join(made, name), "utf8"), name);
    }
  } finally {
    rmSync(made, { recursive: true });
  }
});
