// Two people and a pull request: one proposes, the other looks at the lines, suggests, approves; the first takes it over
// and merges.

export const title = "A pull request is reviewed line by line, a suggestion is taken over, and it is merged";
export const command = ["demo"];

const stack = `description: Waits to be written
agent: scripted
writeback: {comment: ask}
prompt: |
  - finish: Nothing to do.
`;

export async function play(stage) {
  const { page: alice } = stage;
  const bob = await (await stage.person()).newPage();
  const [, password] = await stage.printed(/with the password `(\w+)`/);
  for (const [page, name] of [[alice, "alice"], [bob, "bob"]]) {
    await stage.open("/login", page);
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(/\/$/);
  }

  await stage.open("/acme/slug/settings/agents/edit?new=stack", alice);
  await alice.getByLabel("Path").fill(".agents/stacks/idler.yaml");
  await alice.getByLabel("Text").fill(stack);
  await alice.getByRole("button", { name: "Open a pull request" }).click();
  await alice.waitForURL(/\/pulls\/\d+$/);
  const pull = new URL(alice.url()).pathname;
  await alice.getByRole("button", { name: "Make it a draft" }).click();
  await alice.getByText("has to say that it is ready").waitFor();
  await alice.getByRole("button", { name: "Ready for review" }).click();

  // What bob says about the first line, and what he would write there instead.
  await stage.open(`${pull}/files?view=split`, bob);
  await bob.locator('td.ln a[href*="at=new1#say"]').first().click();
  await bob.getByLabel("About line 1").fill("Say what it does.\n\n```suggestion\ndescription: Does nothing\n```\n");
  await bob.getByRole("button", { name: "Comment", exact: true }).click();
  await bob.getByText("Say what it does.").waitFor();
  await stage.shoot("said", bob);

  // Two more words are collected, about several lines and about one, and sent as one review.
  await stage.open(`${pull}/files`, bob);
  await bob.locator('td.ln a[href*="at=new3#say"]').first().click();
  await bob.getByLabel("About line 3").fill("Both of these?\n\n- [ ] answered");
  await bob.getByLabel("and the lines before it, from").fill("2");
  await bob.getByRole("button", { name: "Start a review" }).click();
  await bob.getByText("1 comment about lines that only you see").waitFor();
  await bob.locator('td.ln a[href*="at=new4#say"]').first().click();
  await bob.getByLabel("About line 4").fill("Why a pipe?");
  await bob.getByRole("button", { name: "Add to the review" }).click();
  await bob.getByText("2 comments about lines that only you see").waitFor();
  await stage.shoot("collected", bob);
  await stage.open(`${pull}/files`, alice);
  if (await alice.getByText("Why a pipe?").count()) throw new Error("nobody sees what is not sent");
  await stage.open(`${pull}/files`, bob);
  await bob.locator("summary", { hasText: "Finish the review" }).click();
  await bob.getByLabel("What do you think of it?").fill("Nearly there.");
  await bob.getByRole("button", { name: "Send the review" }).click();
  await bob.getByText("Nearly there.").waitFor();

  // The author answers and says that one conversation is over.
  await stage.open(`${pull}/files`, alice);
  const talk = alice.locator(".talk", { hasText: "Why a pipe?" });
  await talk.locator("summary", { hasText: "Reply" }).click();
  await talk.getByLabel("Your answer").fill("A script is a block.");
  await talk.getByRole("button", { name: "Reply", exact: true }).click();
  await alice.getByText("A script is a block.").waitFor();
  await alice.locator(".talk", { hasText: "Why a pipe?" }).getByRole("button", { name: "Resolve" }).click();
  await alice.getByText("Resolved by alice").waitFor();
  await stage.shoot("talked", alice);
  await stage.open(pull, alice);
  await alice.getByText("resolved by alice").waitFor();
  await stage.shoot("conversation", alice);

  await stage.open(`${pull}/files`, alice);
  await alice.getByRole("button", { name: "Commit the suggestion" }).click();
  await alice.getByText("Committed as").waitFor();
  await alice.getByText("Does nothing").first().waitFor();

  await stage.open(`${pull}/files`, bob);
  await bob.locator("summary", { hasText: "Review" }).click();
  await bob.getByLabel("What do you think of it?").fill("Good.");
  await bob.getByLabel("Approve").check();
  await bob.getByRole("button", { name: "Send the review" }).click();
  await bob.getByText("approved these changes").waitFor();
  await stage.shoot("approved", bob);

  await stage.open(pull, alice);
  await alice.getByText("outdated").first().waitFor();
  await alice.locator('select[name="style"]').selectOption("squash");
  await alice.getByLabel("delete the branch").check();
  await alice.getByRole("button", { name: "Merge", exact: true }).click();
  await alice.getByText("Merged as").waitFor();
  await stage.open("/acme/slug/src/main/.agents/stacks/idler.yaml", alice);
  await alice.getByText("Does nothing").waitFor();
}
