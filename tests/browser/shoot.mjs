#!/usr/bin/env node
// Takes one page as a picture, to look at by hand.
//
//     node tests/browser/shoot.mjs URL OUT.png [--width 390] [--dark] [--no-scripts] [--window] [--cookie name=value]…

import { parseArgs } from "node:util";

import { launch } from "./chromium.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    width: { type: "string", default: "1280" },
    height: { type: "string", default: "900" },
    dark: { type: "boolean", default: false },
    "no-scripts": { type: "boolean", default: false },
    window: { type: "boolean", default: false },
    cookie: { type: "string", multiple: true, default: [] },
  },
});
const [url, out] = positionals;
if (!url || !out) {
  console.error("usage: shoot.mjs URL OUT.png [--width 390] [--dark] [--no-scripts] [--window] [--cookie name=value]…");
  process.exit(2);
}

const browser = await launch();
const context = await browser.newContext({
  viewport: { width: Number(values.width), height: Number(values.height) },
  colorScheme: values.dark ? "dark" : "light",
  javaScriptEnabled: !values["no-scripts"],
});
await context.addCookies(
  values.cookie.map((pair) => {
    const [name, ...value] = pair.split("=");
    return { name, value: value.join("="), url };
  }),
);
const page = await context.newPage();
page.on("console", (message) => message.type() === "error" && console.error(`console: ${message.text()}`));
const answer = await page.goto(url);
const wide = await page.evaluate(() => document.documentElement.scrollWidth);
await page.screenshot({ path: out, fullPage: !values.window, animations: "disabled" });
console.log(`${answer.status()} ${page.url()} "${await page.title()}", ${wide} pixels wide → ${out}`);
await browser.close();
