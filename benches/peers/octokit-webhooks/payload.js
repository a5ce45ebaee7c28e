// Prints the payload that deliveries are measured with: GitHub's recorded `issue_comment` of 13,993 bytes.

const SIZE = 13993;

const examples = require("@octokit/webhooks-examples");
const comments = examples.find((event) => event.name === "issue_comment").examples.map((example) => JSON.stringify(example));
const payload = comments.find((text) => Buffer.byteLength(text) === SIZE);
if (!payload) throw new Error(`no recorded issue_comment has ${SIZE} bytes`);
process.stdout.write(payload);
