// The story that `./demo` shows, as a newcomer walks it: a failing check, a run, an approval, a green pull request.

export const title = "A failing check becomes an approved pull request";
export const command = ["demo"];

export async function play(stage) {
  const { page } = stage;
  await stage.link("/acme/slug/pulls");
  const [, name, password] = await stage.printed(/as `(\w+)` with the password `(\w+)`/);
  await stage.open("/login");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Waits for you", exact: true }).waitFor();

  // The agent proposes when it is done.
  await stage.until("/approvals", 'main a[href^="/approvals/"]');
  await stage.shoot("approvals");
  await page.locator('main a[href^="/approvals/"]').first().click();
  const approve = page.getByRole("button", { name: /^Approve/ });
  await approve.waitFor();
  await stage.shoot("approval");
  await approve.click();

  // The executor opens it, and the demonstration's own check reports on it.
  await stage.until("/acme/slug/pulls", 'main a[href^="/acme/slug/pulls/"]:not([href$="/new"])');
  await page.locator('main a[href^="/acme/slug/pulls/"]:not([href$="/new"])').first().click();
  await page.waitForURL(/\/pulls\/\d+$/);
  const pull = new URL(page.url()).pathname;
  await stage.shootAll([pull, `${pull}/commits`, `${pull}/files`, `${pull}/checks`]);

  await stage.open("/acme/slug/runs");
  await page.locator('main a[href^="/runs/"]').first().click();
  await page.waitForURL(/\/runs\//);
  await stage.shoot("run");
  await stage.shootAll(["/", "/acme", "/acme/slug", "/acme/slug/commits/main", "/acme/slug/issues", "/acme/slug/runs"]);
  await stage.shootAll(["/acme/slug/hooks", "/acme/slug/settings/agents"]);
}
