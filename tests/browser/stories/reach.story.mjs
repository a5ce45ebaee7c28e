// Every page, as somebody reaches it without a mouse, on a phone, in the dark, or by a screen reader. The pages are those of
// the table of contents: an address that this story does not know how to fill fails it, so no page is forgotten.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

import { SCHEMES } from "../stage.mjs";

export const title = "Every page is reached by keyboard, by landmarks, on a phone, in light and dark";
export const command = ["demo"];

const root = resolve(import.meta.dirname, "../../..");

// What answers with something else than a page, or leads on to one.
const NO_PAGES = [
  /^\/static\//, /^\/favicon\.ico$/, /\/raw(\/|$)/, /\/stream$/, /\/archive\//, /\/atom\//, /^\/\{owner\}\/\{repo\}\/src$/, /^\/setup$/,
  /^\/inbox\/\{repo\}\/\{number\}$/, /\/events\.jsonl$/, /\/pulls\/\{number\}\/merge$/,
];

// Pages of what only comes about in a story of its own: work that an agent left, a review that is not sent, a mirror.
const ELSEWHERE = [/\/work\/\{attempt\}$/, /\/reviews\/discard$/, /\/settings\/origin$/];

const CHECKS = "jobs:\n  test: {run: sh tests/run.sh}\n";

export async function play(stage) {
  const { page } = stage;
  links.clear();
  await stage.link("/acme/slug/pulls");
  const [, , password] = await stage.printed(/as `(\w+)` with the password `(\w+)`/);
  await stage.open("/login");
  await check(stage, "/login");
  await page.getByLabel("Name").fill("alice");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Waits for you", exact: true }).waitFor();

  const known = await furnish(stage);
  let open = (await routes()).filter((route) => ![...NO_PAGES, ...ELSEWHERE].some((pattern) => pattern.test(route)));
  // What the story cannot fill itself is looked for among the links of the pages that it has seen.
  for (let before = -1; before !== open.length; ) {
    before = open.length;
    const left = [];
    for (const route of open) {
      const path = fill(route, known) ?? linked(route, links);
      if (path) await check(stage, path);
      else left.push(route);
    }
    open = left;
  }
  for (const route of open) stage.fault(`this story does not know how to come to ${route}`);
}

/** The addresses that the pages so far lead to. */
const links = new Set();

/** A link to a page of this address. */
function linked(route, links) {
  const pattern = new RegExp(`^${route.replace(/\{\*\w+\}/g, ".+").replace(/\{\w+\}/g, "[^/]+")}$`);
  return [...links].find((link) => pattern.test(link.split("?")[0]));
}

/** The addresses of all pages, as the server knows them. */
async function routes() {
  const text = await readFile(join(root, "src/web/routes.rs"), "utf8");
  const found = [...text.matchAll(/\.route\(\s*"([^"]+)",\s*(?:axum::routing::)?get\(/g)].map((match) => match[1]);
  if (found.length < 40) throw new Error(`only ${found.length} pages in the table of contents`);
  return found;
}

/** Puts what the story made into an address; nothing when it made no such thing. */
function fill(route, known) {
  let whole = true;
  const path = route.replace(/\{\*?(\w+)\}/g, (_, name) => {
    const value = known.parts[route]?.[name] ?? known.anywhere[name];
    whole &&= value !== undefined;
    return value;
  });
  return known.whole[route] ?? (whole ? path : undefined);
}

/** Makes one of everything that has a page, by the API and the pages themselves. */
async function furnish(stage) {
  const { page } = stage;
  const api = stage.api("alice");
  const repo = "/api/v1/repos/acme/slug";
  const label = await api("POST", `${repo}/labels`, { name: "reach", color: "0a0" });
  const milestone = await api("POST", `${repo}/milestones`, { title: "Soon", due_on: "2030-01-01T00:00:00Z" });
  const issue = await api("POST", `${repo}/issues`, { title: "Reach it", body: "- [ ] one\n- [ ] two\n\n| a | b |\n|---|---|\n| 1 | 2 |" });
  await api("PATCH", `${repo}/issues/${issue.number}`, { body: "- [ ] one\n- [x] two\n\n`code` and [a link](https://example.org)" });
  const comment = await api("POST", `${repo}/issues/${issue.number}/comments`, { body: "A word" });
  await api("PATCH", `${repo}/issues/comments/${comment.id}`, { body: "Another word" });
  const model = await api("PUT", "/api/agents/v1/models/reach", { url: "http://127.0.0.1:9/v1", model: "silent", input_usd_per_million: 3, output_usd_per_million: 15 });
  const hook = await api("POST", `${repo}/hooks`, { type: "gitea", active: true, events: ["push"], config: { url: "https://hooks.example.invalid/x", content_type: "json" } });
  const wide = { type: "gitea", active: true, events: ["push"], config: { url: "https://hooks.example.invalid/y", content_type: "json" } };
  const ofAll = await api("POST", "/api/v1/orgs/acme/hooks", wide);
  const ofServer = await api("POST", "/api/v1/admin/hooks", wide);
  // Its page is found by a link of the organisation's.
  await api("POST", "/api/v1/orgs/acme/teams", { name: "reach", permission: "read", units: ["repo.code"] }).catch(() => null);
  const readme = "# Reach\n\n![a drawing](drawing.svg) and [a file](greet.sh)\n\n```sh\necho hello\n```\n";
  const file = (text) => ({ content: Buffer.from(text).toString("base64"), message: "Write", branch: "main", new_branch: "reach" });
  const readmes = await api("GET", `${repo}/contents/README.md`).catch(() => null);
  await api(readmes ? "PUT" : "POST", `${repo}/contents/README.md`, { ...file(readme), sha: readmes?.sha });
  const pull = await api("POST", `${repo}/pulls`, { title: "Reach further", head: "reach", base: "main", body: "Closes nothing" });
  const said = { event: "COMMENT", body: "", comments: [{ path: "README.md", new_position: 1, body: "A word about a line" }] };
  const review = await api("POST", `${repo}/pulls/${pull.number}/reviews`, said);
  const [line] = await api("GET", `${repo}/pulls/${pull.number}/reviews/${review.id}/comments`);

  await stage.open("/acme/slug/settings/agents/edit?path=.agents%2Fchecks.yaml");
  await page.locator("textarea[name=text]").fill(CHECKS);
  await page.getByRole("button", { name: /^Commit/ }).first().click();
  await page.waitForURL(/\/settings\/agents$/);
  await stage.until("/acme/slug/runs?kind=checks", 'main a[href*="/checks/"]');
  const last = async (list, selector) => {
    await stage.until(list, selector);
    return (await page.locator(selector).first().getAttribute("href")).split("/").pop().split("?")[0];
  };
  const job = await last("/acme/slug/runs?kind=checks", 'main a[href*="/checks/"]');
  const run = await last("/acme/slug/runs", 'main a[href^="/runs/"]');
  const approval = await last("/approvals", 'main a[href^="/approvals/"]');
  const delivery = await last("/acme/slug/hooks", 'main a[href^="/acme/slug/hooks/"]');
  // The push of the checks told the hook, which nobody answers; the delivery is there all the same.
  const told = await last(`/acme/slug/settings/hooks/${hook.id}`, `main a[href*="/settings/hooks/${hook.id}/deliveries/"]`);
  const brain = await remember(stage, api);
  const secrets = await keep(stage);
  const tip = await api("GET", `${repo}/branches/main`);
  const files = await api("GET", `${repo}/contents`);
  const path = files.find((entry) => entry.type === "file" && entry.name.endsWith(".sh"))?.path ?? files.find((entry) => entry.type === "file").path;
  return {
    anywhere: { owner: "acme", repo: "slug", ref: "main", sha: tip.commit.id, path, spec: "main...reach" },
    parts: {
      "/{owner}/brain/records/{id}": { id: "runbook:reach" },
      "/{owner}/brain/updates/{number}": { number: brain.open },
      "/{owner}/brain/compare/{*spec}": { spec: `main...${brain.branch}` },
      "/{owner}/{repo}/settings/secrets/{id}/remove": { id: secrets.repository },
      "/{owner}/-/secrets/{id}/remove": { id: secrets.organisation },
      "/admin/models/{id}": { id: model.id },
      "/admin/models/{id}/remove": { id: model.id },
      "/approvals/{id}": { id: approval },
      "/runs/{id}": { id: run },
      "/{owner}/{repo}/checks/{id}": { id: job },
      "/{owner}/{repo}/hooks/{id}": { id: delivery },
      "/{owner}/{repo}/labels/{id}/edit": { id: label.id },
      "/{owner}/{repo}/labels/{id}/delete": { id: label.id },
      "/{owner}/{repo}/milestones/{id}/edit": { id: milestone.id },
      "/{owner}/{repo}/milestones/{id}/delete": { id: milestone.id },
      "/{owner}/-/hooks/{id}": { id: ofAll.id },
      "/{owner}/-/hooks/{id}/delete": { id: ofAll.id },
      "/admin/hooks/{id}": { id: ofServer.id },
      "/admin/hooks/{id}/delete": { id: ofServer.id },
      "/{owner}/{repo}/settings/hooks/{id}": { id: hook.id },
      "/{owner}/{repo}/settings/hooks/{id}/delete": { id: hook.id },
      "/{owner}/{repo}/settings/hooks/{id}/deliveries/{delivery}": { id: hook.id, delivery: told },
      "/{owner}/{repo}/issues/{number}": { number: issue.number },
      "/{owner}/{repo}/issues/{number}/edit": { number: issue.number },
      "/{owner}/{repo}/issues/{number}/history": { number: issue.number },
      "/{owner}/{repo}/issues/{number}/comments/{id}/edit": { number: issue.number, id: comment.id },
      "/{owner}/{repo}/issues/{number}/comments/{id}/history": { number: issue.number, id: comment.id },
      "/{owner}/{repo}/pulls/{number}": { number: pull.number },
      "/{owner}/{repo}/pulls/{number}/commits": { number: pull.number },
      "/{owner}/{repo}/pulls/{number}/files": { number: pull.number },
      "/{owner}/{repo}/pulls/{number}/checks": { number: pull.number },
      "/{owner}/{repo}/pulls/{number}/lines/{id}/edit": { number: pull.number, id: line.id },
      "/{owner}/{repo}/pulls/{number}/lines/{id}/history": { number: pull.number, id: line.id },
      "/runs/{id}/context": { id: run },
      "/runs/{id}/egress": { id: run },
    },
    whole: {
      "/search": "/search?q=slug",
      "/{owner}/{repo}/search": "/acme/slug/search?q=echo",
      "/{owner}/{repo}/compare": "/acme/slug/compare?base=main&head=reach",
      "/{owner}/{repo}/pulls/new": "/acme/slug/pulls/new?base=main&head=reach",
      "/{owner}/{repo}/settings/agents/edit": "/acme/slug/settings/agents/edit?path=.agents%2Fchecks.yaml",
    },
  };
}

/** Makes the company brain with a record, and a pull request that adds another. */
async function remember(stage, api) {
  await stage.open("/acme/brain");
  await stage.page.getByRole("button", { name: "Make the brain" }).click();
  await stage.page.getByRole("heading", { name: "What is in it" }).waitFor();
  const repo = "/api/v1/repos/acme/company-brain";
  const propose = async (branch, id) => {
    const text = `---\nid: ${id}\nkind: Runbook\ntitle: Reach ${branch}\nstatus: active\nowners: ["@alice"]\nupdated: 2026-10-01\nrelated: [runbook:reach]\n---\n# Reach it\n\nBy hand.\n`;
    const content = Buffer.from(text).toString("base64");
    await api("POST", `${repo}/contents/runbooks/${branch}.md`, { content, message: "Remember", branch: "main", new_branch: branch });
    return api("POST", `${repo}/pulls`, { title: `Remember ${branch}`, head: branch, base: "main" });
  };
  const first = await propose("one", "runbook:reach");
  await stage.green(api, repo, first.head.sha);
  await api("POST", `${repo}/pulls/${first.number}/merge`, { Do: "merge" });
  const second = await propose("two", "runbook:further");
  return { open: second.number, branch: "two" };
}

/** Seals a secret of the repository and one of the organisation; answers with the ids of both. */
async function keep(stage) {
  const { page } = stage;
  const sealed = async (path) => {
    await stage.open(path);
    await page.getByLabel("Name").fill("REACH_TOKEN");
    await page.getByLabel("Value").fill("reach-4fK9pQ2sXv7LmRt");
    await page.getByRole("button", { name: "Seal it" }).click();
    const remove = page.getByRole("link", { name: "Remove REACH_TOKEN" });
    return (await remove.getAttribute("href")).split("/").at(-2);
  };
  return { repository: await sealed("/acme/slug/settings/secrets"), organisation: await sealed("/acme/-/secrets") };
}

/** Opens a page and looks at everything that a person with other means than a mouse and a large window needs of it. */
async function check(stage, path) {
  const { page } = stage;
  const answer = await page.goto(path);
  if (!answer?.ok()) return stage.fault(`${path} answered ${answer?.status()}`);
  const found = [];
  // The text of a README may begin with one of its own.
  const headings = await page.locator("h1:not(.prose h1)").count();
  if (headings !== 1) found.push(`${headings} headings of the first level`);
  for (const landmark of ["main", "header", "footer"]) {
    const count = await page.locator(`body ${landmark}:not(main *, article *, section *)`).count();
    if (landmark === "main" ? count !== 1 : count > 1) found.push(`${count} times <${landmark}> around the page`);
  }
  if (stage.scripts) {
    await page.setViewportSize({ width: 390, height: 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > 390) found.push(`${wide} pixels wide on a phone`);
    await page.setViewportSize({ width: 1280, height: 900 });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      found.push(...(await axe(page)).map((line) => `${colorScheme}: ${line}`));
    }
    await page.emulateMedia({ colorScheme: "light" });
  }
  found.push(...(await byKeyboard(page)));
  for (const line of found) stage.fault(`${path}: ${line}`);
  for (const link of await page.locator("a[href^='/']").evaluateAll((all) => all.map((a) => a.getAttribute("href").split("#")[0]))) links.add(link);
}

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds: roles, names, labels, landmarks, contrast. */
async function axe(page) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ["violations"] })).violations);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.slice(0, 3).map((node) => `${id}: ${help}: ${node.html.slice(0, 160)}${node.any[0]?.data?.contrastRatio ? ` (${node.any[0].data.contrastRatio})` : ""}`),
  );
}

/** Goes through the first stops of the tab key: each is seen, and shows that it is where the keyboard is. */
async function byKeyboard(page) {
  const found = [];
  const seen = () => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const style = getComputedStyle(at);
    const box = at.getBoundingClientRect();
    const ring = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    return { html: at.outerHTML.slice(0, 120), ring, seen: box.width > 0 && box.height > 0 };
  };
  for (let stop = 0; stop < 12; stop += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(seen);
    if (!at) break;
    if (!at.ring) found.push(`nothing shows that the keyboard is at ${at.html}`);
    if (!at.seen) found.push(`the keyboard stops at what nobody sees: ${at.html}`);
  }
  return found;
}
