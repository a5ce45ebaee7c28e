// What a story plays on: one browser context against one server, and the screenshots that people look at afterwards.
//
// A stage fails the story for what a person would not see at once: an error on the page's console (a refused script or
// style among them), a failed request, an answer of 500 or more, and a page wider than its window.

import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { printedLink } from "./forgehand.mjs";

export const WIDTHS = [1280, 390];
export const SCHEMES = ["light", "dark"];

export class Stage {
  constructor({ browser, server, scripts, name, screenshots }) {
    Object.assign(this, { browser, server, scripts, name, screenshots });
    this.faults = [];
    this.expected = [];
  }

  /** Opens the context that the story's pages live in. A second person is a second context: `stage.person()`. */
  async begin() {
    this.context = await this.person();
    this.page = await this.context.newPage();
  }

  async person() {
    const context = await this.browser.newContext({
      baseURL: this.server.address,
      javaScriptEnabled: this.scripts,
      viewport: { width: WIDTHS[0], height: 900 },
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(15_000);
    context.on("console", (message) => message.type() === "error" && this.fault(`console: ${message.text()}`));
    context.on("weberror", (error) => this.fault(`script: ${error.error()}`));
    context.on("requestfailed", (request) => {
      // Leaving a page ends its event stream and its prefetches; that is no fault.
      if (request.failure()?.errorText !== "net::ERR_ABORTED") {
        this.fault(`request: ${request.url()}: ${request.failure()?.errorText}`);
      }
    });
    context.on("response", (response) => response.status() >= 500 && this.fault(`${response.status()} ${response.url()}`));
    return context;
  }

  fault(text) {
    if (!this.expected.some((pattern) => pattern.test(text))) this.faults.push(text);
  }

  /** Says that a fault which this pattern matches belongs to the story, e.g. a 404 that it looks at on purpose. */
  expectFault(pattern) {
    this.expected.push(pattern);
  }

  /** Goes to a path or an address, and insists that it answers with success. */
  async open(path, page = this.page) {
    const answer = await page.goto(path);
    if (!answer?.ok()) throw new Error(`${path} answered ${answer?.status()}`);
    return page;
  }

  /** The link that the server printed when it started, by the beginning of its path. */
  link(path) {
    return printedLink(this.server, path);
  }

  /** What the server printed that matches a pattern. */
  async printed(pattern) {
    const found = this.server.output.match(pattern);
    if (!found) throw new Error(`the server printed nothing like ${pattern}`);
    return found;
  }

  /** Speaks to the API as a person, with a token of theirs: `await api("GET", "/api/v1/…", body)`. */
  api(person) {
    const { binary, home, address } = this.server;
    const words = ["admin", "token", "add", person, "--scope", "all", "--data", join(home, "data")];
    const token = execFileSync(binary, words, { env: { PATH: process.env.PATH, HOME: home } }).toString().trim();
    return async (method, path, body) => {
      const headers = { authorization: `token ${token}`, "content-type": "application/json" };
      const answer = await fetch(`${address}${path}`, { method, headers, body: body && JSON.stringify(body) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return text && JSON.parse(text);
    };
  }

  /** Waits until the checks of a commit are green. `repo` is its address in the API. */
  async green(api, repo, sha) {
    for (let attempt = 0; attempt < 120; attempt += 1) {
      const { state, statuses } = await api("GET", `${repo}/commits/${sha}/status`);
      if (state === "success") return;
      if (state === "failure") throw new Error(`the checks of ${sha} fail: ${JSON.stringify(statuses)}`);
      await new Promise((done) => setTimeout(done, 250));
    }
    throw new Error(`the checks of ${sha} were not green in half a minute`);
  }

  /** Opens a path again and again until it shows what this selector finds: for what happens in the background. */
  async until(path, selector, page = this.page) {
    for (let attempt = 0; attempt < 120; attempt += 1) {
      await this.open(path, page);
      if ((await page.locator(selector).count()) > 0) return;
      await page.waitForTimeout(250);
    }
    throw new Error(`${path} showed no ${selector} in half a minute`);
  }

  /** Takes the page as it is now, whole, at both widths, in light and dark. Only once a story: with scripts on. */
  async shoot(name, page = this.page) {
    if (!this.scripts) return;
    await mkdir(this.screenshots, { recursive: true });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) this.fault(`${name}: the page is ${wide} pixels wide in a window of ${width}`);
      // The window grows to the page, so that what sticks to its edge covers nothing in the picture.
      const tall = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width, height: Math.min(Math.max(tall, 900), 8000) });
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        const path = join(this.screenshots, `${this.name}-${name}-${width}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: true, animations: "disabled" });
      }
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: WIDTHS[0], height: 900 });
  }

  /** Opens and shoots a list of paths; each is named after itself. */
  async shootAll(paths, page = this.page) {
    for (const path of paths) {
      await this.open(path, page);
      await this.shoot(path.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "") || "home", page);
    }
  }
}
