"use strict";
// Follows the feed: puts in what the server says is another, and leaves alone the rest,
// where the reader is, and what is filtered. What is put in is the server's own HTML,
// in which whatever comes from a post was escaped.
(() => {
  const at = (id) => document.getElementById(id);
  const body = at("items").tBodies[0];
  const CHOOSE = ["state", "lane", "who"];
  const SILENT = 20000, AGAIN = 1000, MOST_AGAIN = 8000, HIDDEN = 60000, MARKED = 5000;
  // A browser has six connections to a server of HTTP/1.1, for all its tabs. So four of
  // them may follow; the others ask now and then, and a page that is opened still loads.
  const STREAMS = 4, ASK = 5000;
  let version = at("live").dataset.version;
  let skew = Number(at("live").dataset.now) * 1000 - Date.now();
  let order = Array.from(body.rows, (row) => row.id);
  let stream = null, heard = 0, pause = AGAIN, later = 0, hiding = 0, turn = 0, leave = null;

  const inWords = (seconds) => {
    for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]])
      if (seconds > 1.99 * size) return `${Math.round(seconds / size)} ${unit}`;
    return `${Math.max(0, Math.round(seconds))} s`;
  };
  const now = () => (Date.now() + skew) / 1000;
  const put = (node, text) => { if (node && node.textContent !== text) node.textContent = text; };
  // Ages, and what is left of leases: the server does not tell them again and again.
  const tick = () => {
    for (const row of body.rows) {
      const { since, lease, length } = row.dataset;
      if (since !== "0") put(row.querySelector(".since time"), inWords(now() - Number(since)));
      if (lease === "") continue;
      const seconds = Number(lease) - now();
      put(row.querySelector(".amount"), inWords(row.classList.contains("is-over") ? -seconds : seconds));
      const share = Math.max(0, Math.min(1, seconds / Number(length)));
      row.querySelector(".bar .left")?.setAttribute("width", `${Math.floor(100 * share)}%`);
    }
  };

  const link = (is, words) => {
    if (at("link").dataset.is === is && at("link").lastElementChild.textContent === words) return;
    at("link").dataset.is = is;
    put(at("link").lastElementChild, words);
  };
  const fresh = (said) => {
    skew = said.now * 1000 - Date.now();
    const asked = new Date(said.asked * 1000), time = at("written");
    time.dateTime = asked.toISOString();
    put(time, `${asked.toISOString().slice(11, 19)} UTC`);
    put(at("ago"), "");
    if (said.trouble) { link("late", said.doubt); put(at("news"), said.trouble); }
    else link("live", leave ? "live" : `live, every ${ASK / 1000} s`);
  };

  const made = (html) => {
    const box = document.createElement("template");
    box.innerHTML = html;
    return box.content.firstElementChild;
  };
  // Where the reader is: which element has the keyboard, and what is at the top.
  const STOPS = "a[href], button, input, select, [tabindex]";
  const focused = () => {
    const node = document.activeElement;
    if (!node || node === document.body) return () => {};
    const row = node.closest("tr[id]"), part = node.closest("[data-part]");
    const inside = row ? row.id : part ? part.dataset.part : "";
    const of = () => row ? at(inside) : part && document.querySelector(`[data-part="${inside}"]`);
    const holder = row || part;
    const all = holder ? [holder, ...holder.querySelectorAll(STOPS)] : [];
    const [place, href] = [all.indexOf(node), node.getAttribute("href")];
    const text = node.textContent;
    return () => {
      if (document.activeElement === node) return;
      if (node.isConnected) { node.focus({ preventScroll: true }); return; }
      const there = of();
      if (!there) { at("items").focus({ preventScroll: true }); return; }
      const stops = [there, ...there.querySelectorAll(STOPS)];
      const same = stops.find((each) => href && each.getAttribute("href") === href && each.textContent === text) ||
        stops.find((each) => href && href !== "#items" && each.getAttribute("href") === href);
      (same || stops[Math.min(place, stops.length - 1)] || at("items")).focus({ preventScroll: true });
    };
  };
  const anchored = () => {
    if (scrollY < 8) return () => {};
    // What stays at the top hides what is below it.
    const names = at("items").tHead.getBoundingClientRect().bottom;
    const edge = names < innerHeight / 2 ? Math.max(60, names) : 60;
    const seen = Array.from(body.rows).find((row) => !row.hidden && row.getBoundingClientRect().bottom > edge);
    const other = seen && seen.getBoundingClientRect().top < innerHeight ? null :
      Array.from(document.querySelectorAll("[data-part]")).find((each) => each.getBoundingClientRect().bottom > edge);
    const id = other ? "" : seen ? seen.id : "";
    const find = () => id ? at(id) : other && document.querySelector(`[data-part="${other.dataset.part}"]`);
    const before = (other || seen)?.getBoundingClientRect().top;
    return () => {
      const there = find();
      if (there && !there.hidden && before !== undefined) {
        const by = there.getBoundingClientRect().top - before;
        if (Math.abs(by) >= 1) scrollBy({ top: by, behavior: "instant" });
      }
    };
  };

  const arranged = () => {
    const wanted = new Set(order);
    for (const row of Array.from(body.rows)) if (!wanted.has(row.id)) row.remove();
    let next = body.firstElementChild;
    for (const id of order) {
      const row = at(id);
      if (row === next) next = next.nextElementSibling;
      else body.insertBefore(row, next);
    }
  };
  const offered = (choices) => {
    for (const name of CHOOSE) {
      const field = at("filters").elements[name];
      const said = [["", field.options[0].textContent], ...(choices[name] || [])];
      const value = field.value;
      // What is filtered by stays, also while nothing is like that.
      if (!said.some(([each]) => each === value)) said.push([value, value]);
      const old = new Map(Array.from(field.options, (each) => [each.value, each]));
      field.replaceChildren(...said.map(([each, text]) => {
        const option = old.get(each) || new Option(text, each);
        if (option.textContent !== text) option.textContent = text;
        return option;
      }));
      field.value = value;
    }
  };
  const apply = (said) => {
    const [back, stay] = [focused(), anchored()];
    if (said.title) document.title = `${said.title} · fleetfeed board`;
    for (const [name, html] of Object.entries(said.parts || {})) {
      const old = document.querySelector(`[data-part="${name}"]`), fresh = made(html);
      fresh.dataset.part = name;
      old.replaceWith(fresh);
    }
    if (said.order) order = said.order;
    const marked = new Set(said.marked || []);
    for (const [id, html] of Object.entries(said.rows || {})) {
      const old = at(id), row = made(html);
      if (old) old.replaceWith(row); else body.append(row);
      if (marked.has(id)) {
        row.classList.add("is-new");
        setTimeout(() => row.classList.remove("is-new"), MARKED);
      }
    }
    if (said.order || said.rows) arranged();
    if (said.choices) offered(said.choices);
    version = said.version;
    document.dispatchEvent(new CustomEvent("board:rows", { detail: order }));
    tick();
    back(); stay();
    if (said.words) put(at("news"), said.words);
  };

  // One of the places to follow from, if one is free; the browser takes it back from a
  // tab that is gone. Where it lends none (another machine, without TLS) all tabs follow.
  const place = (number) => new Promise((done) => {
    navigator.locks.request(`fleetfeed-board-${number}`, { ifAvailable: true }, (lock) => {
      if (!lock) { done(null); return undefined; }
      return new Promise((free) => done(free));
    }).catch(() => done(() => {}));
  });
  const placed = async () => {
    if (!navigator.locks) return () => {};
    for (let number = 0; number < STREAMS; number++) {
      const found = await place(number);
      if (found) return found;
    }
    return null;
  };

  const hangUp = () => {
    if (stream) { stream.onerror = null; stream.close(); stream = null; }
  };
  const close = () => {
    clearTimeout(later);
    turn++;
    hangUp();
    if (leave) { leave(); leave = null; }
  };
  const again = () => {
    close();
    link("lost", "no answer, trying again");
    later = setTimeout(open, pause);
    pause = Math.min(2 * pause, MOST_AGAIN);
  };
  const open = async () => {
    close();
    const mine = turn, found = await placed();
    if (mine !== turn) { if (found) found(); return; }
    leave = found;
    heard = Date.now();
    stream = new EventSource(`events?from=${encodeURIComponent(version)}`);
    let told = 0;
    const on = (name, act) => stream.addEventListener(name, (event) => {
      heard = Date.now(); pause = AGAIN;
      const said = JSON.parse(event.data);
      if (act) act(said);
      fresh(said);
      // The first answer says when it was asked, the second all that is another.
      if (!leave && ++told === 2) { hangUp(); later = setTimeout(open, ASK); }
    });
    on("board", apply); on("asked");
    stream.onerror = again;
  };
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(() => { close(); link("wait", "asleep"); }, HIDDEN);
    else if (!stream) open();
  });
  addEventListener("online", open);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  addEventListener("pagehide", close);
  for (const name of ["summary", "look", "lines", "fought", "plots", "foot"])
    document.querySelector(`.${name}`).dataset.part = name;
  setInterval(() => { if (stream && Date.now() - heard > SILENT) again(); }, 2000);
  setInterval(tick, 10000);
  open();
})();
