// The first thing that anybody sees: from the link that the server printed to an organisation's empty page.

export const title = "The set-up link makes the first administrator, once";

export async function play(stage) {
  const { page } = stage;
  const link = await stage.link("/setup");
  await stage.open(link);
  await stage.shoot("set-up");

  // A browser notes answers below 500 that are not good on its console; these two are the story's.
  stage.expectFault(/status of 4(22|04)/);
  await page.getByLabel("Your name").fill("ada");
  await page.getByLabel("Password").fill("short");
  await page.getByLabel("Organisation").fill("engines");
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByText("Cannot use this password").first().waitFor();
  await stage.shoot("set-up-refused");

  await page.getByLabel("Password").fill("a loom of one's own");
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByText("Welcome, ada").waitFor();
  await stage.shoot("dashboard");
  await stage.shootAll(["/engines", "/approvals", "/admin", "/admin/people", "/admin/audit", "/user/tokens"]);

  const again = await page.goto(link);
  if (again.status() !== 404) throw new Error(`the link works twice: it answered ${again.status()}`);
  await stage.shoot("set-up-over");
}
