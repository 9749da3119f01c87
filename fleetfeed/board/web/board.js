"use strict";
// Filters and order of the items, kept in the address; without this file all is there,
// and stays in the order of urgency. Whatever comes from a post is text and stays text.
(() => {
  const names = ["q", "state", "lane", "who", "sort"];
  const at = (id) => document.getElementById(id);
  const rows = () => Array.from(at("items").tBodies[0].rows);
  const first = new Map();
  let wanted = {};

  const read = () => {
    const said = location.hash.slice(1);
    if (!said.includes("=")) return null;
    const given = new URLSearchParams(said);
    return Object.fromEntries(names.map((name) => [name, given.get(name) || ""]));
  };
  const address = () => {
    const said = new URLSearchParams();
    for (const name of names) if (wanted[name]) said.set(name, wanted[name]);
    return "#" + said;
  };
  const keep = () => {
    const said = address();
    if (said !== "#" || location.hash.includes("=")) history.replaceState(null, "", said);
  };

  const fits = (row) => {
    const { q, state, lane, who } = wanted;
    return (!state || row.dataset.state === state) && (!lane || row.dataset.lane === lane) &&
      (!who || row.dataset.who === who) &&
      (!q || row.textContent.toLowerCase().includes(q.toLowerCase()));
  };
  const value = {
    state: (row) => row.cells[0].textContent.trim(),
    item: (row) => row.id.replace(/\d+$/, (n) => n.padStart(10, "0")),
    who: (row) => (row.querySelector(".seat > .who") ? "0" : "1") + row.dataset.who.toLowerCase(),
    since: (row) => Number(row.dataset.since) || Infinity,
    lease: (row) => row.dataset.lease === "" ? Infinity : Number(row.dataset.lease),
  };
  const order = (all) => {
    const [key, down] = [wanted.sort.replace(/^-/, ""), wanted.sort.startsWith("-")];
    const of = value[key];
    const rank = (a, b) => first.get(a) - first.get(b);
    if (!of) return all.sort(rank);
    const sign = down ? -1 : 1;
    return all.sort((a, b) => {
      const [x, y] = [of(a), of(b)];
      return x === y ? rank(a, b) : x < y ? -sign : sign;
    });
  };
  const show = () => {
    const all = rows();
    if (!Object.hasOwn(value, wanted.sort.replace(/^-/, ""))) wanted.sort = "";
    const body = at("items").tBodies[0];
    if (wanted.sort || body.dataset.sorted) body.append(...order(all));
    body.dataset.sorted = wanted.sort;
    let count = 0;
    for (const row of all) { row.hidden = !fits(row); count += !row.hidden; }
    at("shown").textContent = count === all.length ? `${count} items` : `${count} of ${all.length} items`;
    at("nothing").hidden = count > 0;
    for (const head of document.querySelectorAll("th[data-key]")) {
      const key = head.dataset.key;
      if (wanted.sort === key) head.setAttribute("aria-sort", "ascending");
      else if (wanted.sort === "-" + key) head.setAttribute("aria-sort", "descending");
      else head.removeAttribute("aria-sort");
    }
    for (const link of document.querySelectorAll("a[data-state]")) {
      if (link.dataset.state === wanted.state) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  const fill = () => {
    const form = at("filters");
    for (const name of names) {
      const field = form.elements[name];
      if (!field) continue;
      field.value = wanted[name];
      if (field.value !== wanted[name]) wanted[name] = field.value = "";
    }
  };

  const begin = () => {
    const form = at("filters");
    rows().forEach((row, number) => first.set(row, number));
    for (const head of document.querySelectorAll("th[data-key]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.title = "Sort by this; again the other way round; once more by urgency";
      button.addEventListener("click", () => {
        const key = head.dataset.key;
        wanted.sort = wanted.sort === key ? "-" + key : wanted.sort === "-" + key ? "" : key;
        show(); keep();
      });
      head.replaceChildren(button);
    }
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      for (const name of names) if (form.elements[name]) wanted[name] = form.elements[name].value;
      show(); keep();
    });
    form.addEventListener("reset", () => {
      wanted = Object.fromEntries(names.map((name) => [name, ""]));
      setTimeout(() => { fill(); show(); keep(); });
    });
    form.hidden = false;
  };
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-state]");
    if (!link) return;
    event.preventDefault();
    wanted.state = wanted.state === link.dataset.state ? "" : link.dataset.state;
    fill(); show(); keep();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.matches("input, select, textarea");
    const search = at("filters").elements.q;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault(); search.focus(); search.select();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = wanted.q = ""; show(); keep();
    }
  });
  const follow = () => {
    const said = read();
    if (said) { wanted = said; fill(); show(); return; }
    // A link to an item must find it, whatever is filtered.
    const row = location.hash && document.getElementById(location.hash.slice(1));
    if (row && row.hidden) { wanted = { ...wanted, q: "", state: "", lane: "", who: "" }; fill(); show(); row.scrollIntoView(); }
  };
  addEventListener("hashchange", follow);
  const age = () => {
    const minutes = Math.floor((Date.now() - Date.parse(at("written").dateTime)) / 60000);
    const hours = Math.floor(minutes / 60);
    at("ago").textContent = minutes < 1 ? "just now" : minutes < 120 ? `${minutes} min ago` :
      hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} d ago`;
  };
  // The names of the columns stay right below the filters, however many lines those take.
  const above = document.querySelector(".items-head");
  const under = () => {
    const stays = getComputedStyle(above).position === "sticky";
    document.documentElement.style.setProperty("--under", stays ? `${Math.floor(above.getBoundingClientRect().height)}px` : "0px");
  };
  new ResizeObserver(under).observe(document.documentElement);
  new ResizeObserver(under).observe(above);
  // Who puts in other rows says so, and in which order they are by urgency.
  document.addEventListener("board:rows", (event) => {
    first.clear();
    event.detail.forEach((id, number) => first.set(at(id), number));
    show();
  });
  wanted = read() || Object.fromEntries(names.map((name) => [name, ""]));
  begin(); fill(); show(); age(); setInterval(age, 20000);
})();
