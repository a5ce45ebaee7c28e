// Starts the real binary on an empty directory and a port of the system's choice, and ends it again, children and all.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const STARTS_WITHIN = 60_000;
const ENDS_WITHIN = 10_000;

/** Runs `forgehand serve` (or another command that serves) until `stop` is called. */
export async function start(binary, { command = ["serve"], env = {} } = {}) {
  const home = await mkdtemp(join(tmpdir(), "forgehand-browser-"));
  const child = spawn(binary, [...command, "--data", join(home, "data"), "--listen", "127.0.0.1:0"], {
    cwd: home,
    detached: true,
    env: { PATH: process.env.PATH, HOME: home, LANG: "C.UTF-8", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const server = { output: "", home, binary, stop: () => stop(child, home) };
  const ended = new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
    child.once("error", (error) => resolve(error.message));
  });
  child.stderr.on("data", (bytes) => (server.output += bytes));

  const address = new Promise((resolve) => {
    child.stdout.on("data", (bytes) => {
      server.output += bytes;
      const printed = server.output.match(/https?:\/\/(?:127\.0\.0\.1|localhost):\d+/);
      if (printed) resolve(printed[0]);
    });
  });
  const patience = timer(STARTS_WITHIN, "it printed no address for a minute");
  const first = await Promise.race([address, ended, patience.over]);
  patience.cancel();
  if (!first.startsWith("http")) {
    await server.stop();
    throw new Error(`Cannot start \`${binary} ${command.join(" ")}\`: ${first}\n${server.output}`);
  }
  server.address = first;
  await ready(server, ended);
  return server;
}

/** The first link in the server's output whose path begins like this, e.g. the one-time set-up link. Waits for it. */
export async function printedLink(server, path) {
  const patience = timer(STARTS_WITHIN, "");
  while (!patience.passed) {
    const links = server.output.match(/https?:\/\/[^\s"]+/g) ?? [];
    const link = links.find((candidate) => new URL(candidate).pathname.startsWith(path));
    if (link) {
      patience.cancel();
      return link;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the server printed no link to ${path}\n${server.output}`);
}

async function ready(server, ended) {
  let over;
  ended.then((why) => (over = why));
  const patience = timer(STARTS_WITHIN, "");
  for (let late = false; !late; late = patience.passed) {
    if (over) throw new Error(`the server did not become ready: ${over}\n${server.output}`);
    const answer = await fetch(`${server.address}/readyz`).catch(() => null);
    if (answer?.ok) return patience.cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the server did not become ready in a minute\n${server.output}`);
}

async function stop(child, home) {
  if (child.exitCode === null && child.signalCode === null && child.pid) {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-child.pid, "SIGTERM");
    const patience = timer(ENDS_WITHIN, "late");
    if ((await Promise.race([gone, patience.over])) === "late") process.kill(-child.pid, "SIGKILL");
    patience.cancel();
    await gone;
  }
  await rm(home, { recursive: true, force: true });
}

function timer(milliseconds, word) {
  const state = { passed: false };
  let handle;
  state.over = new Promise((resolve) => {
    handle = setTimeout(() => {
      state.passed = true;
      resolve(word);
    }, milliseconds);
  });
  state.cancel = () => clearTimeout(handle);
  return state;
}
