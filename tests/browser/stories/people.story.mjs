// An owner gives roles, protects a branch and makes a team; what a branch asks for is then said on its pull requests.

export const title = "An owner gives a role, protects a branch and makes a team";
export const command = ["demo"];

export async function play(stage) {
  const { page } = stage;
  const [, password] = await stage.printed(/with the password `(\w+)`/);
  await stage.open("/login");
  await page.getByLabel("Name").fill("alice");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/$/);

  await stage.open("/acme/leap/settings/repository");
  const people = page.locator("#people");
  await people.getByLabel("Name").fill("nobody-here");
  await people.getByRole("button", { name: "Give" }).click();
  await page.getByText("There is nobody called").waitFor();
  await people.getByLabel("Name").fill("bob");
  await people.getByLabel("Role").selectOption("maintain");
  await people.getByRole("button", { name: "Give" }).click();
  await page.locator("#people .badge", { hasText: "maintain" }).waitFor();

  await page.getByLabel("Approvals before a merge").fill("2");
  await page.getByLabel("Checks that must be green").fill("test");
  await page.getByRole("button", { name: "Protect", exact: true }).click();
  await page.getByText("A merge asks for 2 approvals, green test.").waitFor();
  await stage.shoot("settings");

  await stage.open("/acme/leap/settings/agents/edit?new=rule");
  await page.getByText("The default branch is protected").waitFor();
  await page.getByRole("button", { name: "Open a pull request" }).click();
  await page.waitForURL(/\/pulls\/\d+$/);
  await page.getByText(/0 of 2 approvals/).waitFor();

  await stage.open("/acme");
  await page.getByLabel("Person").fill("bob");
  await page.getByLabel("Team", { exact: true }).fill("knowledge");
  await page.getByRole("button", { name: "Put into the team" }).click();
  await page.locator(".badge", { hasText: "knowledge" }).waitFor();
  await stage.shoot("organisation");
  await page.getByRole("button", { name: "Take bob out of knowledge" }).click();
  await page.locator(".badge", { hasText: "knowledge" }).waitFor({ state: "detached" });
}
