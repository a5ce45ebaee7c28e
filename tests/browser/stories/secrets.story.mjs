// A stack names a secret; whoever administers the repository sets it, grants it, takes the grant back and removes it. The value
// is never shown again.

export const title = "A secret is set, granted to the stack that asks for it, and removed";
export const command = ["demo"];

const value = "docs-4fK9pQ2sXv7LmRt";
const stack = `description: Asks the documentation
agent: scripted
secrets: [DOCS_TOKEN]
mcp: {docs: {url: "https://docs.example/mcp", secret: DOCS_TOKEN}}
prompt: |
  - finish: It knows enough.
`;

export async function play(stage) {
  const { page } = stage;
  const [, password] = await stage.printed(/with the password `(\w+)`/);
  await stage.open("/login");
  await page.getByLabel("Name").fill("alice");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/$/);

  await stage.open("/acme/slug/settings/agents/edit?new=stack");
  await page.getByLabel("Path").fill(".agents/stacks/reader.yaml");
  await page.getByLabel("Text").fill(stack);
  await page.getByRole("button", { name: "Commit", exact: true }).click();
  await page.getByText("Committed as").waitFor();

  await stage.open("/acme/slug/settings/secrets");
  await page.locator("#needs .badge", { hasText: "not set" }).waitFor();
  await page.getByLabel("Name").fill("DOCS_TOKEN");
  await page.getByLabel("Value").fill("short");
  stage.expectFault(/422/);
  await page.getByRole("button", { name: "Seal it" }).click();
  await page.getByText("has 12 characters or more").waitFor();
  await page.getByLabel("Value").fill(value);
  await page.getByRole("button", { name: "Seal it" }).click();
  await page.locator("#needs .badge", { hasText: "not granted" }).waitFor();
  await page.getByRole("button", { name: "Grant DOCS_TOKEN to reader" }).click();
  await page.locator("#needs .badge", { hasText: /^granted$/ }).waitFor();
  await page.getByText("reader in acme/slug, sent to https://docs.example/mcp; granted by alice").waitFor();
  if ((await page.content()).includes(value)) throw new Error("the value is on the page");
  await stage.shoot("secrets");

  await page.getByRole("button", { name: "Revoke the grant of DOCS_TOKEN to reader" }).click();
  await page.locator("#needs .badge", { hasText: "not granted" }).waitFor();
  await page.getByRole("link", { name: "Remove DOCS_TOKEN" }).click();
  await page.getByText("Its value is thrown away").waitFor();
  await stage.shoot("remove");
  await page.getByRole("button", { name: "Remove it" }).click();
  await page.locator("#needs .badge", { hasText: "not set" }).waitFor();

  await stage.open("/acme/-/secrets");
  await page.getByText("No stack names a secret.").waitFor();
  await stage.shoot("of-organisation");
}
