// A person writes a stack on the settings page, asks it for something, answers its question, and proposes a change of it.

export const title = "A stack is written on a page, asks a question, and is changed by a pull request";
export const command = ["demo"];

const stack = `description: Asks before it answers
agent: scripted
writeback: {comment: ask}
prompt: |
  - ask: Which greeting is meant?
  - finish: It knows enough.
`;

export async function play(stage) {
  const { page } = stage;
  const [, password] = await stage.printed(/with the password `(\w+)`/);
  await stage.open("/login");
  await page.getByLabel("Name").fill("alice");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "What runs" }).or(page.getByRole("link", { name: "acme" })).first().waitFor();

  await stage.open("/acme/slug/settings/agents/edit?new=stack");
  await page.getByLabel("Path").fill(".agents/stacks/asker.yaml");
  await page.getByLabel("Text").fill(stack.replace("agent:", "agnet:"));
  await page.getByRole("button", { name: "Check only" }).click();
  await page.getByText("agnet").first().waitFor();
  await page.getByLabel("Text").fill(stack);
  await page.getByRole("button", { name: "Commit", exact: true }).click();
  await page.getByText("Committed as").waitFor();

  await stage.open("/acme/slug/issues/new");
  await page.getByLabel("Title").fill("The greeting is odd");
  await page.getByRole("button", { name: "Open the issue" }).click();
  await page.getByLabel("What to do").waitFor();
  await page.locator('select[name="stack"]').selectOption("asker");
  await page.getByLabel("What to do").fill("Say which greeting it should be");
  await page.locator('form[action$="/dispatch"] button').click();
  await page.waitForURL(/\/runs\//);
  await stage.until(page.url(), "#question textarea");
  await stage.shoot("question");
  await page.getByLabel("Answer").fill("The first one");
  await page.getByRole("button", { name: "Answer" }).click();
  await page.getByText("Answered").first().waitFor();
  await stage.until(page.url(), 'text="It knows enough."');
  await page.getByText("The first one").first().waitFor();

  await stage.open("/acme/slug/settings/agents/edit?path=.agents/stacks/asker.yaml");
  await page.getByLabel("Text").fill(stack.replace("greeting", "salute"));
  await page.getByRole("button", { name: "Open a pull request" }).click();
  await page.waitForURL(/\/pulls\/\d+$/);
  await page.getByText("counts once this pull request is merged").waitFor();
  await page.getByRole("button", { name: "Merge", exact: true }).waitFor();
  await stage.shoot("proposed-edit");
}
