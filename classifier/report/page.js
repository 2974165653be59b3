"use strict";
// Everything from the articles goes through textContent: it stays text.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { frames, articles } = data;
  const byId = (id) => document.getElementById(id);
  const PAGE = 30;
  const number = new Intl.NumberFormat("en");
  const count = (n, one, many) => `${number.format(n)} ${n === 1 ? one : many}`;
  const chance = (p) => (p / 10000).toFixed(2);

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  }

  // The flagged sentences, strongest first.
  const hits = [];
  articles.forEach((article, at) => {
    article.at = at;
    article.evidence.forEach((row, index) => {
      const [text, , on = [], chances = [], unsure = 0, start, end, voice = "", speaker = "", terms = []] = row;
      if (on.length) {
        const best = Math.max(...on.map((i) => chances[i]));
        hits.push({ article, index, text, on, chances, unsure, start, end, voice, speaker, terms, best });
      }
    });
  });
  hits.sort((a, b) => b.best - a.best || a.article.at - b.article.at || a.index - b.index);

  // ---- filters -------------------------------------------------------------------------------
  const form = byId("filters");
  const control = Object.fromEntries(
    ["frame", "outlet", "voice", "lang", "from", "to", "text"].map((name) => [name, byId(`f-${name}`)]),
  );
  const languages = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });
  function languageName(code) {
    try { return languages.of(code); } catch { return code; }
  }
  function fill(select, values, name = (value) => value) {
    for (const value of values) select.append(make("option", { value }, name(value)));
    select.disabled = !values.length;
  }
  const distinct = (values) => [...new Set(values)].filter(Boolean).sort((a, b) => a.localeCompare(b));
  frames.forEach((frame, i) => control.frame.append(make("option", { value: i }, frame.label)));
  fill(control.outlet, distinct(articles.map((a) => a.outlet)));
  fill(control.lang, distinct(articles.map((a) => a.lang)), languageName);
  fill(control.voice, data.voices.filter((voice) => hits.some((hit) => hit.voice === voice)));
  const days = articles.map((a) => a.day).filter(Boolean).sort();
  if (days.length) {
    const whole = (day, rest) => day + rest.slice(day.length);
    for (const name of ["from", "to"]) {
      control[name].min = whole(days[0], "0000-01-01");
      control[name].max = whole(days[days.length - 1], "0000-12-31");
    }
  } else control.from.disabled = control.to.disabled = true;

  const plain = (text) => text.normalize("NFC").toLowerCase();
  const blob = (article) =>
    (article.blob ??= plain([article.title, ...article.evidence.map((row) => `${row[0]} ${row[8] ?? ""}`)].join("\n")));

  let found = { hits: [], articles: [] };
  function apply() {
    const text = plain(control.text.value.trim());
    const frame = control.frame.value === "" ? null : Number(control.frame.value);
    const [outlet, voice, lang, from, to] = ["outlet", "voice", "lang", "from", "to"].map((n) => control[n].value);
    const fits = (article) =>
      (!outlet || article.outlet === outlet) &&
      (!lang || article.lang === lang) &&
      (!(from || to) || (article.day && (!from || article.day >= from.slice(0, article.day.length)) && (!to || article.day <= to)));
    const some = hits.filter(
      (hit) =>
        fits(hit.article) &&
        (frame === null || hit.on.includes(frame)) &&
        (!voice || hit.voice === voice) &&
        (!text || plain(`${hit.text}\n${hit.speaker}\n${hit.article.title}`).includes(text)),
    );
    if (frame !== null) some.sort((a, b) => b.chances[frame] - a.chances[frame]);
    const carried = new Map();
    for (const hit of some) carried.set(hit.article, (carried.get(hit.article) ?? 0) + 1);
    const needed = frame !== null || voice;
    const list = articles.filter(
      (article) => fits(article) && (needed ? carried.has(article) : !text || carried.has(article) || blob(article).includes(text)),
    );
    list.sort((a, b) => (carried.get(b) ?? 0) - (carried.get(a) ?? 0) || a.at - b.at);
    found = { hits: some, articles: list };
    byId("counts").textContent =
      `${number.format(some.length)} of ${count(hits.length, "flagged sentence", "flagged sentences")}` +
      ` in ${count(carried.size, "article", "articles")}; ` +
      `${number.format(list.length)} of ${count(articles.length, "shown article", "shown articles")} fit the filters.`;
    for (const [name, list] of [["sentences", byId("sentences")], ["articles", byId("articles")]]) {
      list.replaceChildren();
      more(name);
    }
  }
  const lists = {
    sentences: { rows: () => found.hits, card: sentenceCard, words: ["sentence", "sentences"] },
    articles: { rows: () => found.articles, card: articleCard, words: ["article", "articles"] },
  };
  function more(name, until = 0) {
    const { rows, card, words } = lists[name];
    const list = byId(name);
    const from = list.childElementCount;
    const to = Math.max(from + PAGE, until);
    list.append(...rows().slice(from, to).map(card));
    const left = rows().length - list.childElementCount;
    const button = byId(`more-${name}`);
    button.hidden = left <= 0;
    button.textContent = `Show ${count(Math.min(PAGE, left), `more ${words[0]}`, `more ${words[1]}`)} (${number.format(left)} left)`;
    return list.children[from];
  }
  for (const name of ["sentences", "articles"])
    byId(`more-${name}`).addEventListener("click", () => more(name)?.querySelector("a, summary")?.focus());
  let waiting = 0;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());

  // ---- sentences and articles ----------------------------------------------------------------
  const lang = (article) => ({ lang: article.lang || null, dir: "auto" });
  const key = (i) => make("span", { class: `key f${i % 8}`, "aria-hidden": "true" });
  const tags = (hit) =>
    hit.on.map((i) => make("span", { class: "tag" }, key(i), `${frames[i].label} ${chance(hit.chances[i])}`));
  // What spoke for and against the flagged frames, where the scores say so.
  function why(terms) {
    if (!terms.length) return null;
    const weight = (w) => `${w < 0 ? "−" : "+"}${Math.abs(w).toFixed(2)}`;
    const lists = terms.flatMap(([i, parts]) => [
      make("p", {}, key(i), frames[i].label),
      make("ul", {}, ...parts.map(([text, w, cue]) =>
        make("li", {}, make("span", { class: "weight" }, weight(w)), ` ${text}`, cue ? make("span", { class: "small" }, " cue ", make("code", {}, cue)) : ""))),
    ]);
    return make("details", { class: "why" }, make("summary", {}, "What spoke for and against"), ...lists);
  }
  const said = (hit) => (hit.voice ? hit.voice + (hit.speaker ? `: ${hit.speaker}` : "") : "");
  const copies = (article) => (article.readings > 1 ? `${number.format(article.readings)} readings, 1 text` : "");

  function about(...parts) {
    const line = make("p", { class: "source" });
    parts.filter(Boolean).forEach((part, i) => line.append(...(i ? [" · "] : []), part));
    return line;
  }
  function sentenceCard(hit) {
    const { article } = hit;
    const link = make("a", { href: `#a${article.at}s${hit.index}`, ...lang(article) }, article.title);
    const meta = about(said(hit), link, article.outlet, article.date, copies(article));
    return make("li", {}, make("p", { class: "tags" }, ...tags(hit)), make("blockquote", lang(article), hit.text), meta, why(hit.terms));
  }
  function articleCard(article) {
    const flagged = article.evidence.filter((row) => row[2]?.length).length;
    const summary = make(
      "summary", {},
      make("span", { class: "title", ...lang(article) }, article.title),
      make("span", { class: "source" }, [
        article.outlet, article.date, article.lang && languageName(article.lang),
        `${number.format(flagged)} of ${count(article.sentences, "sentence", "sentences")} flagged`, copies(article),
      ].filter(Boolean).join(" · ")),
    );
    const details = make("details", { class: "article", id: `a${article.at}` }, summary);
    details.addEventListener("toggle", () => { if (details.open) open(details, article); });
    return details;
  }
  function open(details, article) {
    if (details.childElementCount > 1) return;
    const body = make("div", { class: "text", ...lang(article) });
    let paragraph = null;
    article.evidence.forEach((row, index) => {
      if (!paragraph || row[1] || !article.whole) body.append((paragraph = make("p")));
      paragraph.append(sentence(row, index, article), " ");
    });
    if (!article.evidence.length) body.append(make("p", { class: "note", lang: "en" }, "The scores hold no sentence of this article: none was flagged."));
    const origin = [article.id, article.origin, article.sha256 && `sha-256 ${article.sha256.slice(0, 12)}…`];
    const why = article.strongest ? "shown as one of the strongest" : "";
    const unsure = article.unsure ? count(article.unsure, "sentence not judged", "sentences not judged") : "";
    details.append(
      ...(article.whole ? [] : [make("p", { class: "note" }, "Only flagged sentences; the text between them is not in the scores.")]),
      body, about(...origin, unsure, why),
    );
  }
  function sentence(row, index, article) {
    const [text, , on = []] = row;
    if (!on.length) {
      const span = make("span", { class: "plain" }, text);
      span.row = row;
      return span;
    }
    const names = on.map((i) => `${frames[i].label} ${chance(row[3][i])}`).join(", ");
    const button = make("button", { type: "button", class: "tag", lang: "en", dir: "ltr" },
      ...on.map(key), names, row[7] ? ` · ${row[7]}` : "");
    const mark = make("mark", { class: `f${on[0] % 8}`, id: `a${article.at}s${index}` }, text, " ", button);
    mark.row = row;
    return mark;
  }

  // ---- all probabilities: on hover, focus and tap ----------------------------------------------
  const tip = byId("tip");
  let tipped = null;
  function showTip(element) {
    const row = element.row;
    const [, , on = [], chances = [], unsure, , , voice, speaker] = row;
    const lines = chances.length
      ? frames.map((frame, i) =>
          make("li", { class: on.includes(i) ? "on" : null },
            make("span", {}, frame.label), make("meter", { value: chances[i] / 10000, "aria-hidden": "true" }), make("b", {}, chance(chances[i]))))
      : [make("li", {}, "Every frame below 0.05")];
    tip.replaceChildren(make("ul", {}, ...lines));
    if (voice) tip.append(make("p", {}, `Voice: ${voice}${speaker ? `, ${speaker}` : ""}`));
    if (unsure) tip.append(make("p", {}, "Unsure: not judged"));
    tip.hidden = false;
    placeTip(element);
    tipped?.querySelector("button")?.removeAttribute("aria-describedby");
    element.querySelector("button")?.setAttribute("aria-describedby", "tip");
    tipped = element;
  }
  function placeTip(element) {
    const box = (element.querySelector("button") ?? element).getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = tip;
    tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
    tip.style.top = `${box.bottom + height + 12 > innerHeight ? Math.max(8, box.top - height - 6) : box.bottom + 6}px`;
  }
  function hideTip() {
    tip.hidden = true;
    tipped?.querySelector("button")?.removeAttribute("aria-describedby");
    tipped = null;
  }
  const holder = byId("articles");
  const scored = (event) => (event.target.closest ? event.target.closest("mark, .plain") : null);
  for (const kind of ["mouseover", "focusin", "click"])
    holder.addEventListener(kind, (event) => {
      const element = scored(event);
      if (element?.row) showTip(element);
      else if (kind !== "focusin") hideTip();
    });
  holder.addEventListener("mouseleave", hideTip);
  holder.addEventListener("focusout", hideTip);
  addEventListener("scroll", () => { if (tipped) placeTip(tipped); }, { passive: true });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });

  // ---- links into articles ---------------------------------------------------------------------
  function follow() {
    const place = /^#a(\d+)(?:s(\d+))?$/.exec(location.hash);
    if (!place || !articles[place[1]]) return;
    const article = articles[place[1]];
    if (!found.articles.includes(article)) {
      for (const field of Object.values(control)) field.value = "";
      apply();
    }
    const index = found.articles.indexOf(article);
    if (index >= byId("articles").childElementCount) more("articles", index + 1);
    const details = byId(`a${article.at}`);
    details.open = true;
    open(details, article);
    const target = (place[2] && byId(`a${article.at}s${place[2]}`)) || details;
    target.scrollIntoView({ block: "center" });
    (target.querySelector("button") ?? details.querySelector("summary")).focus({ preventScroll: true });
  }
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#a"]');
    if (link && link.getAttribute("href") === location.hash) follow();
  });

  // ---- downloads -------------------------------------------------------------------------------
  function records() {
    return found.hits.map((hit) => ({
      id: hit.article.id, origin: hit.article.origin, title: hit.article.title, outlet: hit.article.outlet,
      date: hit.article.date, lang: hit.article.lang, sha256: hit.article.sha256,
      model: hit.article.model[0], version: hit.article.model[1], readings: hit.article.readings,
      start: hit.start, end: hit.end, text: hit.text, voice: hit.voice, speaker: hit.speaker,
      frames: hit.on.map((i) => frames[i].name),
      probabilities: Object.fromEntries(frames.map((frame, i) => [frame.name, hit.chances[i] / 10000])),
    }));
  }
  function save(name, type, text) {
    const link = make("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  // A cell that begins like a formula gets an apostrophe, so that a spreadsheet reads it as text.
  const cell = (value) => {
    const text = String(value);
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  byId("json").addEventListener("click", () => save("evidence.json", "application/json", JSON.stringify(records(), null, 1)));
  byId("csv").addEventListener("click", () => {
    const flat = records().map(({ frames: on, probabilities, ...rest }) => ({
      ...rest, frames: on.join(" "),
      ...Object.fromEntries(Object.entries(probabilities).map(([name, p]) => [`${name}_probability`, p])),
    }));
    const names = Object.keys(flat[0] ?? { id: "" });
    const lines = [names, ...flat.map((row) => names.map((name) => row[name]))];
    save("evidence.csv", "text/csv;charset=utf-8", `\ufeff${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`);
  });

  // ---- charts ----------------------------------------------------------------------------------
  const FEW = 10;
  const style = { background: "transparent", color: "inherit", fontFamily: "inherit", fontSize: "12px", overflow: "visible" };
  const percent = (value) => `${+(value * 100).toPrecision(3)} %`;
  const short = (text, most = 19) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const unit = () => document.querySelector('input[name="unit"]:checked').value;
  const when = (name) => new Date(name.includes("Q") ? Date.UTC(+name.slice(0, 4), 3 * (+name.slice(6) - 1)) : name);

  function limit(rows) {
    const large = rows.filter((row) => row.articles >= FEW);
    const tops = (large.length ? large : rows).flatMap((row) => row[unit()].map((figures) => figures[3]));
    return Math.min(1, Math.max(...tops, 0.0001));
  }
  function marks(rows, frame, top) {
    return rows.map((row) => {
      const [flagged, value, low, high] = row[unit()][frame];
      const of = unit() === "ofArticles" ? count(row.articles, "article", "articles") : count(row.sentences, "sentence", "sentences");
      const title = `${row.name}\n${number.format(flagged)} of ${of}\n${percent(value)} (95 %: ${percent(low)} to ${percent(high)})`;
      return { name: row.name, value, low, high, title, few: row.articles < FEW, beyond: value > top, date: when(row.name) };
    });
  }
  const scale = (top) => ({ domain: [0, top], label: null, grid: true, ticks: 4, tickFormat: (value) => percent(value).replace(" ", ""), clamp: true });
  function chart(kind, frame, width) {
    const rows = data.charts[kind];
    const top = limit(rows);
    const points = marks(rows, frame, top);
    const look = { stroke: "currentColor", strokeOpacity: (d) => (d.few ? 0.35 : 0.8), strokeWidth: 1.6 };
    const dot = { r: 3.6, symbol: (d) => (d.beyond ? "triangle" : "circle"), fill: (d) => (d.few ? "var(--paper)" : `var(--f${frame % 8})`), stroke: `var(--f${frame % 8})`, title: "title" };
    const label = `${frames[frame].label}, ${kind === "time" ? `by ${data.unit}` : `by ${kind}`}; the table below holds the figures`;
    const named = (name) => short(kind === "language" ? languageName(name) : name);
    const common = { width, style, ariaLabel: label };
    if (kind === "time")
      return Plot.plot({
        ...common, height: 170, marginLeft: 48, marginRight: 14, marginTop: 12, y: scale(top),
        x: { type: "utc", label: null, ticks: Math.max(3, Math.floor(width / 80)) },
        marks: [Plot.ruleX(points, { x: "date", y1: "low", y2: "high", ...look }), Plot.dot(points, { x: "date", y: "value", ...dot })],
      });
    return Plot.plot({
      ...common, height: rows.length * 18 + 40, marginLeft: Math.max(70, 22 + 7 * Math.max(...rows.map((row) => named(row.name).length))), marginRight: 18, marginTop: 6, marginBottom: 30,
      x: scale(top),
      y: { domain: rows.map((row) => row.name), label: null, tickSize: 0,
        tickFormat: named },
      marks: [Plot.ruleY(points, { y: "name", x1: "low", x2: "high", ...look }), Plot.dot(points, { x: "value", y: "name", ...dot })],
    });
  }
  function voicesChart(width) {
    const names = [...data.voices, "not told"];
    const bars = data.voiceCounts.flatMap(({ frame, counts }, i) => {
      let from = 0;
      return counts.map((n, v) => ({ frame: frames[i].label, voice: names[v], n, from, to: (from += n), v })).filter((bar) => bar.n);
    });
    const most = Math.max(...bars.map((bar) => bar.to));
    const narrow = width < 520;
    const fits = (bar) => ((bar.n / most) * (width - 190) > 62 ? `${bar.voice} ${bar.n}` : (bar.n / most) * (width - 190) > 24 ? `${bar.n}` : "");
    return Plot.plot({
      width, style, height: frames.length * 32 + 40, marginLeft: narrow ? 120 : 150, marginRight: 14, marginTop: 4,
      ariaLabel: "Flagged sentences by frame and voice; the table below holds the figures",
      x: { label: null, grid: true, ticks: 5 }, y: { label: null, domain: frames.map((frame) => frame.label), tickSize: 0, tickFormat: (name) => short(name, narrow ? 18 : 24) },
      marks: [
        Plot.barX(bars, { x1: "from", x2: "to", y: "frame", insetTop: 3, insetBottom: 3, insetRight: 1, fill: (d) => `var(--v${d.v})`, stroke: "var(--ink)", strokeWidth: 0.6, title: (d) => `${d.frame}\n${d.voice}: ${number.format(d.n)}` }),
        Plot.text(bars, { x: (d) => (d.from + d.to) / 2, y: "frame", text: fits, fill: (d) => `var(--on-v${d.v})` }),
      ],
    });
  }
  function draw(fixed) {
    for (const box of document.querySelectorAll("[data-chart]")) {
      const kind = box.dataset.chart;
      const columns = kind === "voices" ? 1 : Math.max(1, Math.min(3, Math.floor(box.clientWidth / 330)));
      const width = fixed ? (kind === "voices" ? 640 : 320) : Math.floor((box.clientWidth - 24 * (columns - 1)) / columns);
      if (width < 100) continue;
      if (kind === "voices") box.replaceChildren(make("figure", {}, voicesChart(width)));
      else
        box.replaceChildren(...frames.map((frame, i) =>
          make("figure", {}, make("figcaption", {}, key(i), frame.label), chart(kind, i, width))));
      for (const svg of box.querySelectorAll("svg")) svg.setAttribute("role", "img");
      for (const part of box.querySelectorAll("svg [aria-label]")) part.removeAttribute("aria-label");
      if (kind !== "voices" && data.charts[kind].some((row) => row.articles < FEW))
        box.append(make("p", { class: "note pale" }, `Hollow: fewer than ${FEW} articles. Triangle: beyond the end of the axis, which is set by the larger groups.`));
    }
  }
  function switchUnit() {
    for (const name of ["ofArticles", "ofSentences"])
      for (const element of document.querySelectorAll(`.${name}`)) element.hidden = name !== unit();
    draw();
  }
  for (const radio of document.querySelectorAll('input[name="unit"]')) radio.addEventListener("change", switchUnit);
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; draw(); } });
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details.table")) details.open = true;
    draw(true);
  });
  addEventListener("afterprint", () => draw());

  switchUnit();
  apply();
  follow();
})();
