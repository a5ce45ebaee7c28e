// A peer to measure beside: @octokit/webhooks behind Node's own HTTP server, as its documentation shows it.
//
// It checks the signature over the body, parses it, and calls one handler that counts. It stores nothing. One process, as
// `node server.js` starts it. The secret comes from WEBHOOK_SECRET; the address is printed.

const { createServer } = require("node:http");

(async () => {
  const { Webhooks, createNodeMiddleware } = await import("@octokit/webhooks");
  const webhooks = new Webhooks({ secret: process.env.WEBHOOK_SECRET });
  let received = 0;
  webhooks.on("issue_comment", () => {
    received += 1;
  });
  const middleware = createNodeMiddleware(webhooks, { path: "/hooks/github" });
  const server = createServer(async (request, response) => {
    if (request.url === "/readyz") return response.end(`${received}\n`);
    if (await middleware(request, response)) return;
    response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1", () => console.log(`Listening on http://127.0.0.1:${server.address().port}`));
})();
