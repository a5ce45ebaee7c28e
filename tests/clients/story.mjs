// Plays the story with gitea-js: `story.mjs FOLDER ADDRESS TOKEN REVIEWER_TOKEN`, with the client installed in the folder.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [folder, address, token, reviewerToken] = process.argv.slice(2);
const { giteaApi } = createRequire(`${folder}/`)("gitea-js");
const alice = giteaApi(address, { token, customFetch: fetch });
const bob = giteaApi(address, { token: reviewerToken, customFetch: fetch });
const at = ["beans", "cup"];
const packed = (text) => Buffer.from(text).toString("base64");
const told = async (answer) => (await answer).data;

// An organisation with a repository.
assert.match((await told(alice.version.getVersion())).version, /^1\./);
assert.equal((await told(alice.user.userGetCurrent())).login, "alice");
assert.equal((await told(alice.orgs.orgCreate({ username: "beans", full_name: "Beans" }))).full_name, "Beans");
const made = await told(alice.orgs.createOrgRepo("beans", { name: "cup", auto_init: true, default_branch: "main" }));
assert.equal(made.full_name, "beans/cup");
await alice.repos.repoAddCollaborator(...at, "bob", { permission: "write" });

// Files and a branch.
const first = await told(alice.repos.repoCreateFile(...at, "brew.txt", { content: packed("one\n"), message: "Brew" }));
assert.equal((await told(alice.repos.repoCreateBranch(...at, { new_branch_name: "strong" }))).name, "strong");
const second = { content: packed("one\ntwo\n"), sha: first.content.sha, branch: "strong", message: "Brew stronger" };
const head = (await told(alice.repos.repoUpdateFile(...at, "brew.txt", second))).commit.sha;
const read = await told(alice.repos.repoGetContents(...at, "brew.txt", { ref: "strong" }));
assert.equal(Buffer.from(read.content, "base64").toString(), "one\ntwo\n");
assert.deepEqual((await told(alice.repos.repoListBranches(...at))).map((branch) => branch.name).sort(), ["main", "strong"]);
assert.equal((await told(alice.repos.repoGetAllCommits(...at, { sha: "strong" })))[0].sha, head);
assert.ok((await told(alice.repos.getTree(...at, "strong", { recursive: true }))).tree.some((one) => one.path === "brew.txt"));

// An issue with all that may hang on it.
const label = await told(alice.repos.issueCreateLabel(...at, { name: "bug", color: "#0000ff" }));
const issue = await told(alice.repos.issueCreateIssue(...at, { title: "Too weak", body: "Much", assignees: ["bob"] }));
await alice.repos.issueAddLabel(...at, issue.number, { labels: [label.id] });
await alice.repos.issueCreateComment(...at, issue.number, { body: "Indeed" });
await alice.repos.issueEditIssue(...at, issue.number, { title: "Far too weak" });
const [listed] = await told(alice.repos.issueListIssues(...at, { state: "open", type: "issues" }));
assert.deepEqual([listed.title, listed.labels[0].name, listed.assignees[0].login], ["Far too weak", "bug", "bob"]);
assert.equal((await told(alice.repos.issueGetComments(...at, issue.number)))[0].body, "Indeed");

// A pull request, a review, a status, a merge.
const pull = await told(alice.repos.repoCreatePullRequest(...at, { title: "Stronger", head: "strong", base: "main" }));
assert.equal(pull.head.sha, head);
assert.equal((await told(alice.repos.repoListPullRequests(...at)))[0].number, pull.number);
assert.equal((await told(alice.repos.repoGetPullRequestFiles(...at, pull.number)))[0].additions, 1);
const line = { path: "brew.txt", body: "Three?", new_position: 2 };
const wish = { event: "REQUEST_CHANGES", body: "Stronger still", commit_id: head, comments: [line] };
const review = await told(bob.repos.repoCreatePullReview(...at, pull.number, wish));
assert.deepEqual([review.state, review.comments_count, review.commit_id], ["REQUEST_CHANGES", 1, head]);
assert.equal((await told(alice.repos.repoGetPullReviewComments(...at, pull.number, review.id)))[0].position, 2);
await bob.repos.repoCreatePullReview(...at, pull.number, { event: "APPROVED" });
const states = (await told(alice.repos.repoListPullReviews(...at, pull.number))).map((one) => one.state);
assert.deepEqual(states, ["REQUEST_CHANGES", "APPROVED"]);
await alice.repos.repoCreateStatus(...at, head, { state: "success", context: "taste" });
assert.equal((await told(alice.repos.repoListStatuses(...at, head)))[0].context, "taste");
assert.equal((await told(alice.repos.repoGetCombinedStatusByRef(...at, "strong"))).state, "success");
await alice.repos.repoMergePullRequest(...at, pull.number, { Do: "rebase", head_commit_id: head });
const merged = await told(alice.repos.repoGetPullRequest(...at, pull.number));
assert.deepEqual([merged.merged, merged.state], [true, "closed"]);

// A hook.
const config = { url: "https://ci.example/hook", content_type: "json", secret: "a secret of the story" };
const hook = await told(alice.repos.repoCreateHook(...at, { type: "gitea", config, events: ["issues"], active: true }));
assert.ok(hook.events.includes("issue_comment") && !JSON.stringify(hook).includes(config.secret));
assert.equal((await told(alice.repos.repoListHooks(...at))).length, 1);
await alice.repos.repoDeleteHook(...at, hook.id);

await assert.rejects(alice.repos.repoGet("beans", "mug"), (error) => error.status === 404);
console.log("the story is over");
