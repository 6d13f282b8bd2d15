// The official client of MCP, driven by a script: client.mjs STEPS.json COMMAND ARGS…
//
// STEPS.json is a list of [method of the client, arguments]; a line of JSON for each answer, {"error"} when it threw.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.MCP_MODULES + "/");
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");

const [steps, command, ...args] = process.argv.slice(2);
const client = new Client({ name: "weir-e2e", version: "1" }, { capabilities: {} });
await client.connect(new StdioClientTransport({ command, args, env: process.env, stderr: "inherit" }));
console.log(JSON.stringify({ server: client.getServerVersion(), instructions: client.getInstructions() ?? null }));
for (const [method, ...given] of JSON.parse(readFileSync(steps, "utf8"))) {
  try {
    console.log(JSON.stringify(await client[method](...given)));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error.message) }));
  }
}
await client.close();
