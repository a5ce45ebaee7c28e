// A check of the forge itself, as somebody watches it: its job is written on the settings page, and its log grows on its own.

export const title = "A check runs, and its log grows while somebody looks";
export const command = ["demo"];

const CHECKS = `jobs:
  test: {run: sh tests/run.sh}
  slow:
    description: Whether time goes by
    run:
      - {name: count, run: "for i in 1 2 3 4 5 6; do echo tick $i; sleep 1; done"}
      - {name: fail, run: "echo FAIL at the end; exit 3"}
`;

export async function play(stage) {
  const { page } = stage;
  await stage.link("/acme/slug/pulls");
  const [, , password] = await stage.printed(/as `(\w+)` with the password `(\w+)`/);
  await stage.open("/login");
  await page.getByLabel("Name").fill("alice");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Waits for you", exact: true }).waitFor();

  await stage.open("/acme/slug/settings/agents/edit?path=.agents%2Fchecks.yaml");
  await page.locator("textarea[name=text]").fill(CHECKS);
  await page.getByRole("button", { name: /^Commit/ }).first().click();
  await page.waitForURL(/\/settings\/agents$/);

  await stage.until("/acme/slug/runs?kind=checks", 'main a[href*="/checks/"]:text-is("slow")');
  await stage.shoot("checks");
  await page.locator('main a[href*="/checks/"]:text-is("slow")').first().click();
  await page.waitForURL(/\/checks\/[0-9a-f]{32}$/);
  const path = new URL(page.url()).pathname;
  // With scripts the page is left alone: what comes, comes by itself.
  if (stage.scripts) {
    await page.locator("#L3").waitFor();
    await stage.shoot("running");
    await page.locator("#step-2 #L7").waitFor();
    await page.locator("#head").getByText("Failed", { exact: true }).waitFor();
  } else {
    await stage.until(path, "#step-2 #L7");
  }
  await stage.open(path);
  await page.locator("#L7").getByText("FAIL at the end").waitFor();
  await stage.shoot("failed");
  await page.getByRole("button", { name: "Run again" }).click();
  await page.waitForURL((url) => url.pathname !== path);
  await page.getByText("2 of 2").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await stage.until(new URL(page.url()).pathname, '#head :text-is("Cancelled")');
  await page.locator("#head").getByText("alice cancelled it").waitFor();
  await stage.shoot("cancelled");
}
