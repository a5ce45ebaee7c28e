// Starts the system's Chromium headless, with everything off that would call out of this machine.

import { chromium } from "playwright-core";

const DEBIAN = "/usr/bin/chromium";

export async function launch(executablePath = process.env.CHROMIUM ?? DEBIAN) {
  return chromium.launch({
    executablePath,
    headless: true,
    // Chromium's own sandbox refuses to start as root, which is what containers run as.
    chromiumSandbox: process.getuid() !== 0,
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--force-color-profile=srgb",
      "--font-render-hinting=none",
    ],
  });
}
