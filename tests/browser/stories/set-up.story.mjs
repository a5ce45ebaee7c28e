// The first thing that anybody sees.

export const title = "The set-up link opens the page that makes the first administrator";

export async function play(stage) {
  await stage.open(stage.link("/setup"));
  await stage.page.getByRole("heading").first().waitFor();
  await stage.shoot("set-up");
}
