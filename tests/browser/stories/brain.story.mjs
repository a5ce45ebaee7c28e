// The company brain, as people use it: it is made, fed by a pull request that its check has passed, searched, read, and read by a
// run, whose page shows what it was told.

export const title = "The company brain is made, fed by a pull request, searched, and read by a run";
export const command = ["demo"];

const RECORDS = {
  "graph/shop.yaml":
    "records:\n- {id: service:shop, kind: Service, title: Shop, status: active, owners: ['@alice'], updated: 2026-10-01}\n" +
    "- {id: service:vault, kind: Service, title: Vault, status: active, owners: ['@alice'], updated: 2026-10-01}\n" +
    "edges:\n- {from: service:shop, kind: depends_on, to: service:vault}\n",
  "runbooks/slugs.md":
    "---\nid: runbook:slugs\nkind: Runbook\ntitle: Mend a slug\nstatus: active\nowners: ['@alice']\nupdated: 2026-10-01\ntags: [text]\n" +
    "related: [service:shop, service:vault]\nreview: 2026-11-01\n---\n# Mend a slug\n\n1. Look at the **letters**.\n2. Run `sh tests/run.sh`.\n\nSee [[practice:small]].\n",
  "practices/small.md":
    "---\nid: practice:small\nkind: Practice\ntitle: Small fixes\nstatus: active\nowners: ['@alice']\nupdated: 2026-10-01\n---\n# Small fixes\n\nThe smallest fix of a slug that a maintainer would take.\n",
  "core/words.yaml":
    "id: fact:words\nkind: Fact\ntitle: Words\nstatus: active\nowners: ['@alice']\nupdated: 2026-10-01\nfacts: {slug: a title for addresses}\n",
};

const STACK = `description: Says what the brain says
agent: scripted
autonomy: propose
tools: [source, memory]
prompt: |
  - call: {tool: memory_search, arguments: {text: slug}, says: "Mend a slug"}
  - propose: {kind: memory, title: Slugs are lower case, body: The runbook says so., changes: [{path: notes/slugs.md, text: "# Slugs\\n\\nLower case.\\n"}]}
  - finish: It is said.
writeback: {memory: ask}
`;
const RULE = "state: active\non:\n  manual: {}\n  mention: {handle: sage}\nwho: {role: write}\nstack: sage\ntask: answer\nprompt: What about slugs?\n";

export async function play(stage) {
  const { page } = stage;
  const [, password] = await stage.printed(/with the password `(\w+)`/);
  await stage.open("/login");
  await page.getByLabel("Name").fill("alice");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/$/);

  await stage.open("/acme/brain");
  await stage.shoot("none");
  // Runs of a public repository, whose transcripts everybody reads, see a public brain only.
  await page.getByLabel(/^Private/).uncheck();
  await page.getByRole("button", { name: "Make the brain" }).click();
  await page.getByRole("heading", { name: "What every run is shown" }).waitFor();

  const api = stage.api("alice");
  const repo = "/api/v1/repos/acme/company-brain";
  const file = (text, to) => ({ content: Buffer.from(text).toString("base64"), message: "Remember", ...to });
  let to = { branch: "main", new_branch: "records" };
  for (const [path, text] of Object.entries(RECORDS)) {
    await api("POST", `${repo}/contents/${path}`, file(text, to));
    to = { branch: "records" };
  }
  const pull = await api("POST", `${repo}/pulls`, { title: "What we know of slugs", head: "records", base: "main" });
  await stage.open("/acme/brain/updates");
  await stage.shoot("updates");
  await page.getByRole("link", { name: `#${pull.number} in records` }).click();
  await page.getByText("Mend a slug").first().waitFor();
  await stage.shoot("update");
  await stage.green(api, repo, pull.head.sha);
  await stage.open(`/acme/company-brain/pulls/${pull.number}`);
  await stage.shoot("pull");
  await api("POST", `${repo}/pulls/${pull.number}/merge`, { Do: "merge" });

  await stage.open("/acme/brain");
  await page.getByLabel("Search the brain").fill("slug");
  await stage.shoot("dashboard");
  await page.getByLabel("Search the brain").press("Enter");
  await page.getByRole("link", { name: "Mend a slug" }).waitFor();
  await stage.shoot("search");
  await page.getByRole("link", { name: "Mend a slug" }).click();
  await page.getByRole("heading", { name: "Related" }).waitFor();
  await stage.shoot("record");
  await stage.open("/acme/brain/ontology");
  await stage.shoot("ontology");

  await api("POST", "/api/v1/repos/acme/leap/contents/.agents/stacks/sage.yaml", file(STACK, { branch: "main" }));
  await api("POST", "/api/v1/repos/acme/leap/contents/.agents/rules/sage.yaml", file(RULE, { branch: "main" }));
  const issue = await api("POST", "/api/v1/repos/acme/leap/issues", { title: "What is a slug?", body: "" });
  await api("POST", `/api/v1/repos/acme/leap/issues/${issue.number}/comments`, { body: "@sage what is a slug?" });
  await stage.until("/acme/leap/runs", 'main a[href^="/runs/"]');
  await page.locator('main a[href^="/runs/"]').first().click();
  await stage.until(page.url(), "text=It is said.");
  await stage.shoot("run");
  await page.getByRole("link", { name: /^Context/ }).first().click();
  await page.getByText("runbooks/slugs.md").first().waitFor();
  await stage.shoot("context");
}
