#!/usr/bin/env node
// Plays every story in `stories/` against the real server in a real browser, with scripts on and then off.
//
//     node tests/browser/run.mjs --binary target/debug/forgehand [--chromium PATH] [--scripts on|off] [NAME…]
//
// A story is a file that exports `title`, `play(stage)` and, where it differs, `command` (what to start, `["serve"]`),
// `env` (what the server is told) and `scripts` (`["on", "off"]`). Each story gets a server of its own on an empty
// directory. Screenshots end in target/screenshots.

import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { launch } from "./chromium.mjs";
import { start } from "./forgehand.mjs";
import { Stage } from "./stage.mjs";

const here = import.meta.dirname;
const root = resolve(here, "../..");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    binary: { type: "string", default: join(root, "target/debug/forgehand") },
    chromium: { type: "string" },
    scripts: { type: "string" },
    screenshots: { type: "string", default: join(root, "target/screenshots") },
  },
});

const stories = (await readdir(join(here, "stories")))
  .filter((file) => file.endsWith(".story.mjs"))
  .map((file) => ({ name: basename(file, ".story.mjs"), file: join(here, "stories", file) }))
  .filter((story) => positionals.length === 0 || positionals.includes(story.name))
  .sort((a, b) => a.name.localeCompare(b.name));
if (stories.length === 0) fail(`No story is called ${positionals.join(" or ")}`);

const browser = await launch(values.chromium).catch((error) => fail(`Cannot start Chromium: ${error.message}`));
let failed = 0;
for (const { name, file } of stories) {
  const story = await import(file);
  for (const scripts of story.scripts ?? ["on", "off"]) {
    if (values.scripts && values.scripts !== scripts) continue;
    const began = performance.now();
    const fault = await play(name, story, scripts === "on");
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${fault ? "FAIL" : "ok  "} ${story.title} (scripts ${scripts}) ${seconds} s`);
    if (fault) console.log(`\n${fault}\n`);
    failed += fault ? 1 : 0;
  }
}
await browser.close();
console.log(failed ? `${failed} stories failed` : "All stories passed");
process.exitCode = failed ? 1 : 0;

/** Plays a story and answers with what went wrong, if anything did. */
async function play(name, story, scripts) {
  let server;
  let stage;
  try {
    server = await start(resolve(values.binary), { command: story.command, env: story.env });
    stage = new Stage({ browser, server, scripts, name, screenshots: values.screenshots });
    await stage.begin();
    await story.play(stage);
    return stage.faults.length ? stage.faults.join("\n") : null;
  } catch (error) {
    const at = stage?.page ? `\nat ${stage.page.url()}` : "";
    await stage?.page?.screenshot({ path: join(values.screenshots, `FAILED-${name}.png`) }).catch(() => {});
    const faults = stage?.faults.length ? `\nalso: ${stage.faults.join("\n")}` : "";
    return `${error.stack}${at}${faults}\n--- the server said:\n${server?.output.slice(-4000) ?? ""}`;
  } finally {
    await stage?.context?.close();
    await server?.stop();
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
