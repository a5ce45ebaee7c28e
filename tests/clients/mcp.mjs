// A client of MCP that we did not write meets the tools of a run: node mcp.mjs FOLDER ADDRESS
import { createRequire } from "node:module";

const [folder, address] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");

const client = new Client({ name: "story", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL(address)));
console.log("server:", client.getServerVersion().name);
const { tools } = await client.listTools();
console.log("tools:", tools.map((tool) => tool.name).join(" "));

const say = async (name, args) => {
    const { content, isError } = await client.callTool({ name, arguments: args });
    console.log(`${name}:`, isError ? "refused:" : "", content[0].text.split("\n")[0].slice(0, 60));
};
await say("source_read", {});
await say("propose_comment", { body: "It was a typo." });
await say("propose_comment", { text: "no body" });
await say("ask", { question: "Which greeting?" });
await say("observations", { after: 0, wait_seconds: 1 });
await say("finish", { summary: "All done" });
await client.close();
