// A person writes an issue with tasks and references, ticks a box, edits the text, and finds it all again.

export const title = "Tasks are ticked, texts edited, searches kept";
export const command = ["demo"];

export async function play(stage) {
  const { page } = stage;
  const [, password] = await stage.printed(/with the password `(\w+)`/);
  await stage.open("/login");
  await page.getByLabel("Name").fill("alice");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: /Inbox/ }).waitFor();

  await stage.open("/acme/slug/issues/new");
  await page.getByLabel("Title").fill("Prepare the release");
  const body = "See #1.\n\n- [ ] Write the notes\n- [x] Choose a name for `#1`\n- [ ] Tell @alice\n";
  await page.getByLabel("What is it about?").fill(body);
  await page.getByRole("button", { name: "Open the issue" }).click();
  await page.waitForURL(/\/issues\/\d+$/);
  const issue = new URL(page.url()).pathname;

  // By the keyboard: a box is a button that has the focus and is pressed.
  const notes = page.getByRole("checkbox", { name: "Write the notes" });
  await notes.focus();
  await page.keyboard.press("Enter");
  await page.getByText("edited").first().waitFor();
  if ((await notes.getAttribute("aria-checked")) !== "true") throw new Error("the box is not ticked");
  await stage.shoot("issue");
  await stage.open(`${issue}/history`);
  await page.getByText("changed it to").first().waitFor();
  await stage.shoot("history");

  await stage.open(issue);
  await page.locator("#opening").getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByLabel("Text").fill(`${body}\nand **more**`);
  await page.getByRole("button", { name: "Preview" }).click();
  await page.locator("section[aria-label=Preview] strong").waitFor();
  await stage.shoot("edit");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator("#opening strong", { hasText: "more" }).waitFor();

  await stage.open("/acme/slug/milestones");
  await page.getByLabel("Title").fill("Version 1");
  await page.getByLabel("Due").fill("2030-01-31");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved").waitFor();
  await stage.open(issue);
  await page.getByRole("combobox", { name: "Milestone" }).selectOption({ label: "Version 1" });
  await page.getByRole("button", { name: "Set" }).click();
  await page.getByText("put this into the milestone").waitFor();
  await stage.shootAll(["/acme/slug/milestones", "/acme/slug/labels", "/inbox"]);

  await stage.open("/acme/slug/issues");
  await page.getByRole("searchbox", { name: "Search here" }).fill('is:open milestone:"Version 1" colour:red');
  await page.keyboard.press("Enter");
  await page.getByText("so it narrows nothing").waitFor();
  await page.getByText("Keep this view").click();
  await page.getByLabel("Name of the view").fill("Next release");
  await page.getByRole("button", { name: "Keep", exact: true }).click();
  await page.getByRole("link", { name: "Next release" }).waitFor();
  await stage.shoot("search");
}
