// Makes pages pleasant. Every page works without this file: it adds live transcripts, keys, copying and the theme switch,
// and nothing else. No library but htmx, nothing from another host.
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // Theme: the form posts to the server, which keeps the choice in a cookie; here only the reload is spared.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-theme-switch]");
    if (!form) return;
    event.preventDefault();
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : window.matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    const body = new URLSearchParams(new FormData(form));
    body.set("theme", root.dataset.theme);
    fetch(form.action, { method: "POST", body, redirect: "manual" });
  });

  // Copy a digest, a token or an address.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copy]");
    if (button) {
      navigator.clipboard?.writeText(button.dataset.copy).then(() => {
        button.classList.add("copied");
        setTimeout(() => button.classList.remove("copied"), 1200);
      });
      return;
    }
    const all = event.target.closest("[data-choose]");
    if (all) {
      const on = all.dataset.choose === "all";
      for (const box of document.querySelectorAll("input[type=checkbox][name=effect]")) box.checked = on;
      return;
    }
    // A menu closes when something else is clicked.
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // Keys: `/` searches, `g` then a letter goes somewhere, `j` and `k` move in a list, `o` or Enter opens.
  const places = { d: "/", a: "/approvals", n: "/inbox" };
  const tabs = { c: "code", i: "issues", p: "pulls", r: "runs", h: "hooks", s: "settings" };
  let waiting = false;
  let chosen = -1;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      return;
    }
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (waiting) {
      waiting = false;
      const tab = tabs[event.key] && document.querySelector(`.tabs a[data-tab="${tabs[event.key]}"]`);
      if (tab) tab.click();
      else if (places[event.key]) location.assign(places[event.key]);
      return;
    }
    if (event.key === "g") {
      waiting = true;
      setTimeout(() => { waiting = false; }, 1000);
    } else if (event.key === "/") {
      event.preventDefault();
      document.getElementById("search")?.focus();
    } else if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll(".rows > li")].filter((row) => row.querySelector(".what > a"));
      if (!rows.length) return;
      rows[chosen]?.classList.remove("chosen");
      chosen = Math.max(0, Math.min(rows.length - 1, chosen + (event.key === "j" ? 1 : -1)));
      rows[chosen].classList.add("chosen");
      rows[chosen].scrollIntoView({ block: "nearest" });
      rows[chosen].querySelector(".what > a").focus({ preventScroll: true });
    }
  });

  // Lines of a file: #L10-L20 marks a range; a click with shift extends it.
  const markLines = () => {
    for (const row of document.querySelectorAll("tr.picked")) row.classList.remove("picked");
    const match = /^#L(\d+)(?:-L?(\d+))?$/.exec(location.hash);
    if (!match) return;
    const first = Number(match[1]);
    const last = Number(match[2] || match[1]);
    for (let line = Math.min(first, last); line <= Math.min(Math.max(first, last), first + 5000); line++) {
      document.getElementById(`L${line}`)?.classList.add("picked");
    }
    if (match[2]) document.getElementById(`L${Math.min(first, last)}`)?.scrollIntoView({ block: "center" });
  };
  document.addEventListener("click", (event) => {
    const talked = event.target.closest(".diff .ln a[href*='&at=']");
    const form = event.shiftKey && talked && document.querySelector("#say form");
    if (form) {
      // With shift, another line of the same file is where the words begin.
      const asked = new URL(talked.href).searchParams;
      const [side, line] = [asked.get("at").slice(0, 3), Number(asked.get("at").slice(3))];
      if (asked.get("file") === form.path.value && side === form.side.value && line <= Number(form.line.value)) {
        event.preventDefault();
        event.stopPropagation();
        form.first.value = line;
        return;
      }
    }
    const number = event.target.closest(".code.file .ln a");
    if (!number || !event.shiftKey) return;
    const from = /^#L(\d+)/.exec(location.hash);
    if (!from) return;
    event.preventDefault();
    const [a, b] = [Number(from[1]), Number(number.hash.slice(2))].sort((x, y) => x - y);
    history.replaceState(null, "", `#L${a}-L${b}`);
    markLines();
  });
  window.addEventListener("hashchange", markLines);
  markLines();

  // Parts of a page are fetched again now and then. Not while nobody looks, not over what somebody is using, and not when
  // the answer is another page, such as the one to sign in.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, requestConfig } = event.detail;
    const asked = new URL(requestConfig.path, location.href);
    const got = new URL(xhr.responseURL || asked, location.href);
    // What somebody clicked for is what they want to see.
    const clicked = requestConfig.triggeringEvent?.type === "click";
    const used = target.querySelector("details.menu[open]") || target.contains(document.activeElement);
    if ((used && !clicked) || got.pathname !== asked.pathname || xhr.status >= 400) event.detail.shouldSwap = false;
  });

  // What somebody unfolded or folded stays so when the part around it arrives again.
  let folds = new Map();
  document.addEventListener("htmx:beforeSwap", (event) => {
    folds = new Map([...event.detail.target.querySelectorAll("details[id]")].map((fold) => [fold.id, fold.open]));
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, open] of folds) {
      const fold = document.getElementById(id);
      if (fold) fold.open = open;
    }
    folds = new Map();
  });

  // An address that names a conversation unfolds it.
  const unfold = () => {
    const fold = location.hash.length > 1 && document.getElementById(location.hash.slice(1))?.closest("details");
    for (let at = fold; at; at = at.parentElement?.closest("details")) at.open = true;
  };
  window.addEventListener("hashchange", unfold);
  unfold();

  // A live log: folds and lines arrive as HTML made by the server. A fold that is there gets a new summary only.
  const log = document.querySelector("[data-log]");
  if (log && window.EventSource) {
    const sign = document.querySelector(".live");
    const last = () => Math.max(0, ...[...log.querySelectorAll("tbody[data-sequence]")].map((body) => Number(body.dataset.sequence)));
    const made = (html) => {
      const holder = document.createElement("template");
      holder.innerHTML = html;
      return holder.content.firstElementChild;
    };
    let end = last();
    const source = new EventSource(`${log.dataset.log}?after=${end}`);
    const atEnd = () => window.innerHeight + window.scrollY >= document.body.scrollHeight - 160;
    source.addEventListener("step", (event) => {
      const fold = made(event.data);
      const there = document.getElementById(fold.id);
      if (!there) log.append(fold);
      else there.querySelector("summary").replaceWith(fold.querySelector("summary"));
    });
    source.addEventListener("lines", (event) => {
      if (Number(event.lastEventId) <= end) return;
      end = Number(event.lastEventId);
      const follow = atEnd();
      const body = made(event.data);
      document.querySelector(`#step-${body.dataset.step} table`)?.append(body);
      if (follow) window.scrollTo({ top: document.body.scrollHeight });
    });
    source.addEventListener("changed", () => {
      if (window.htmx) htmx.trigger(document.body, "run-changed");
    });
    source.addEventListener("ended", () => {
      source.close();
      sign?.remove();
    });
    source.onopen = () => sign?.classList.remove("lost");
    source.onerror = () => sign?.classList.add("lost");
  }

  // A live transcript: rows arrive as HTML made by the server, each with the sequence number of its event. The browser
  // resumes by itself with `Last-Event-ID`; what is already on the page is not added again.
  const live = document.querySelector("[data-stream]");
  if (live && window.EventSource) {
    const sign = document.querySelector(".live");
    const last = () => Number(live.lastElementChild?.dataset.sequence || 0);
    const source = new EventSource(`${live.dataset.stream}?after=${last()}`);
    const box = document.querySelector("[data-follow]");
    if (box) box.parentElement.hidden = false;
    const toEnd = () => live.lastElementChild?.scrollIntoView({ block: "end" });
    box?.addEventListener("change", () => box.checked && toEnd());
    // Whoever scrolls up wants to read: following ends until it is asked for again.
    window.addEventListener("wheel", (event) => {
      if (box && event.deltaY < 0) box.checked = false;
    }, { passive: true });
    // Rows that arrive together are put in together, and what is far above goes: its place is the page before this one.
    const most = 1000;
    let ready = [];
    const put = () => {
      const rows = ready;
      ready = [];
      live.insertAdjacentHTML("beforeend", rows.join(""));
      for (let left = live.childElementCount - most; left > 0; left--) live.firstElementChild.remove();
      if (rows.length === 1) live.lastElementChild.classList.add("fresh");
      if (box?.checked) toEnd();
    };
    let end = last();
    source.addEventListener("row", (event) => {
      const number = Number(event.lastEventId);
      if (number <= end) return;
      end = number;
      if (ready.push(event.data) === 1) requestAnimationFrame(put);
    });
    // The run reached another state: the rest of the page is rendered again by the server.
    source.addEventListener("changed", () => {
      if (window.htmx) htmx.trigger(document.body, "run-changed");
    });
    source.addEventListener("ended", () => {
      source.close();
      sign?.remove();
      if (window.htmx) htmx.trigger(document.body, "run-changed");
      else location.reload();
    });
    source.onopen = () => sign?.classList.remove("lost");
    source.onerror = () => sign?.classList.add("lost");
  }
})();
