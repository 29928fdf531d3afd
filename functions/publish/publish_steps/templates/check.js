// Checks files of this site against its public log, as verify.py does, in the browser. It reads them from where it was
// loaded, or from a folder that the reader chooses, and sends nothing. It comes from the same place as the pages: who
// changes them can change it too. From top to bottom: words, hashes, the log, files, sums, and what the reader sees.
"use strict";
(() => {
  const WIDTH = 256; // leaves of a bundle, and hashes of a tile
  const AT_ONCE = 8; // files that are read at the same time
  const HOUR = 3_600_000, OLD = 24 * HOUR; // after so long a log is old
  const SHOWN = 100; // addends that are shown
  const NOTHING = new Uint8Array();

  // Words. The page holds them, in its language.
  const part = (id) => document.getElementById(id);
  const show = (words, kind = "") => { part("now").textContent = words; part("now").className = `tick ${kind}`; };
  const shown = (value) => (typeof value === "number" ? value.toLocaleString(document.documentElement.lang) : value);
  const say = (id, values = {}) => part(`say-${id}`).textContent.replace(/%\((\w+)\)s/g, (_, name) => shown(values[name]));
  const made = (tag, ...children) => {
    const element = document.createElement(tag);
    element.append(...children);
    return element;
  };
  const failed = (id, values) => new Error(say(id, values));

  /** A file was not read, so nothing is known of it. Any other error is of what was read. */
  class NotReadError extends Error {}

  // Hashes
  const encoded = (text) => new TextEncoder().encode(text);
  const text = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const fromBase64 = (line) => Uint8Array.from(atob(line), (char) => char.charCodeAt(0));
  const joined = (...parts) => new Uint8Array(parts.flatMap((one) => [...one]));
  const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
  const digest = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

  /** Return the root of a tree, level by level; a last node without a partner goes up as it is. RFC 6962, section 2.1. */
  async function rootOf(hashes) {
    if (hashes.length < 2) return hashes[0] ?? digest(NOTHING);
    const pairs = Array.from({ length: Math.ceil(hashes.length / 2) }, (_, at) => hashes.slice(2 * at, 2 * at + 2));
    return rootOf(await Promise.all(pairs.map(([left, right]) => (right ? digest(joined([1], left, right)) : left))));
  }

  // The log
  /** Return the path of a tile or bundle below the folder of a log, in which `count` things are: 1234 is x001/234. */
  function tileName(level, index, count) {
    const width = Math.min(WIDTH, count - index * WIDTH), digits = String(index);
    const parts = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.../g), last = parts.pop();
    return `tile/${level}/${parts.map((part) => `x${part}/`).join("")}${last}${width < WIDTH ? `.p/${width}` : ""}`;
  }

  /** Return the leaves of a bundle, as bytes; null if there is no bundle. */
  function splitEntries(bundle) {
    const leaves = bundle && [];
    for (let at = 0; at < bundle?.length; ) {
      const end = at + 2 + bundle[at] * 256 + bundle[at + 1];
      if (!(end <= bundle.length)) throw failed("cut");
      leaves.push(bundle.slice(at + 2, end));
      at = end;
    }
    return leaves;
  }

  /** Return a log whose checkpoint is signed, with the roots of its bundles, which add up to it; or null. */
  async function openLog(get, folder, result) {
    const note = await get(`${folder}checkpoint`);
    if (!note) return null;
    const served = text((await get(`${folder}vkey`)) ?? NOTHING), vkey = served.trimEnd();
    const unsigned = failed("unsigned", { folder, vkey });
    const [, body, origin, size, root, lines] = /^((.+)\n(\d{1,15})\n(.+)\n(?:.+\n)*)\n((?:.+\n)+)$/.exec(text(note)) ?? [];
    const [, name, id, key] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)\n$/.exec(served) ?? [];
    if (!key || origin !== name) throw unsigned;
    const material = fromBase64(key), known = hex(await digest(joined(encoded(`${name}\n`), material))).slice(0, 8);
    const signatures = lines.split("\n").filter((line) => line.startsWith(`\u2014 ${name} `));
    const ours = signatures.map((line) => fromBase64(line.split(" ")[2])).filter((value) => hex(value.slice(0, 4)) === id);
    if (material[0] !== 1 || known !== id || !ours.length) throw unsigned;
    const isSigned = await Promise.all(ours.map((value) => verified(encoded(body), value.slice(4), material.slice(1))));
    if (isSigned.includes(null)) result.unproved.push(say("no-ed25519", { folder }));
    else if (!isSigned.includes(true)) throw unsigned;
    const log = { folder, origin, vkey, note, size: Number(size), roots: [] }, full = Math.floor(log.size / WIDTH);
    for (let index = 0; index * WIDTH < full; index += 1) {
      const tile = (await get(folder + tileName(1, index, full))) ?? NOTHING;
      for (let at = 0; at < tile.length; at += 32) log.roots.push(tile.slice(at, at + 32));
    }
    if (log.size % WIDTH) log.roots.push(await rootOfLeaves((await readBundle(get, log, full)) ?? []));
    if (!same(await rootOf(log.roots), fromBase64(root))) throw failed("sum", { folder });
    return log;
  }

  /** Return whether an Ed25519 key made a signature; null if this browser does not know. */
  const verified = (message, signature, key) => crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"])
    .then((imported) => crypto.subtle.verify("Ed25519", imported, signature, message))
    .catch((error) => (error.name === "NotSupportedError" ? null : false));

  const readBundle = async (get, log, index) => splitEntries(await get(bundleName(log, index)));
  const bundleName = (log, index) => log.folder + tileName("entries", index, log.size);
  const rootOfLeaves = async (leaves) => rootOf(await Promise.all(leaves.map((leaf) => digest(joined([0], leaf)))));

  /** Yield the leaves of a log with their indexes, newest first, each from a bundle that has its root. */
  async function* leavesOf(get, log, result) {
    for (let end = log.roots.length, step = 1; end > 0; step = Math.min(AT_ONCE, 2 * step)) {
      const indexes = Array.from({ length: Math.min(step, end) }, (_, at) => end - 1 - at);
      const bundles = await Promise.all(indexes.map((index) => readBundle(get, log, index)));
      for (const [at, leaves] of bundles.entries()) {
        const index = indexes[at], path = bundleName(log, index);
        if (!leaves) return void result.unproved.push(say("pruned", { path }));
        if (!same(await rootOfLeaves(leaves), log.roots[index])) throw failed("tile", { path });
        for (const [place, leaf] of [...leaves.entries()].reverse()) yield [index * WIDTH + place, JSON.parse(text(leaf))];
      }
      end -= indexes.length;
      show(say("reading", { leaves: log.size - end * WIDTH }));
    }
  }

  // Files
  /** Return what the newest leaf, or the newest list, says of each wanted file, by path; null wants all. */
  async function namedFiles(get, logs, wanted, result) {
    const named = new Map();
    const name = (path, said) => (!wanted || wanted.has(path)) && !named.has(path) && named.set(path, said);
    let list = "";
    for (const log of [...logs].reverse()) {
      for await (const [index, leaf] of leavesOf(get, log, result)) {
        if (leaf.kind === "published") name(leaf.path, { ...leaf, by: say("leaf", { index: String(index) }) });
        if (leaf.kind === "run") result.at ||= leaf.at;
        if (leaf.kind === "run" && leaf.list && !list) {
          list = leaf.list;
          for (const entry of await readList(get, leaf, result)) {
            name(entry.path, { ...entry, isListed: true, by: say("list", { at: leaf.at }) });
          }
        }
        if (result.at && named.size === wanted?.size) return named;
      }
    }
    if (!list) result.unproved.push(say("no-list"));
    return named;
  }

  async function readList(get, { list }, result) {
    const path = `log/lists/${list}.json`, data = (await get(path)) ?? NOTHING;
    if (hex(await digest(data)) === list) return JSON.parse(text(data));
    result.wrong.push(say("wrong-list", { path }));
    return [];
  }

  /** Check files against what the log says of them. */
  async function checkFiles(get, named, paths, result) {
    const waiting = [...paths].sort();
    const work = async () => {
      for (let path; (path = waiting.pop()) !== undefined; ) {
        const { by, isListed, size, sha256 } = named.get(path) ?? {}, data = by && (await get(path));
        if (!by) result.unproved.push(path);
        else if (!data) result.wrong.push(say("missing", { path, by }));
        else if (data.length === size && hex(await digest(data)) === sha256) result.right += 1;
        else result.wrong.push(say(isListed ? "differs" : "changed", { path, by }));
        if (waiting.length % 64 === 0) show(say("files-left", { files: waiting.length }));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** Return whether the last leaves of a log name the log that continues it, and its key. */
  async function isConfirmed(get, before, log, result) {
    for await (const [index, { kind, origin, vkey }] of leavesOf(get, before, result)) {
      if (kind === "moved" || index + 2 < before.size) return origin === log.origin && vkey === log.vkey;
    }
    return false;
  }

  /** Check the log of a place, and the files of these paths; null checks all that it names or that are here. */
  async function check(place, wanted) {
    const result = { said: [], wrong: [], unproved: [], right: 0, at: "", logs: [], isLive: place.isLive }, { get } = place;
    try {
      for (let index = 1, log; (log = await openLog(get, index > 1 ? `log/${index}/` : "log/", result)); index += 1) {
        result.logs.push(log);
        result.said.push(say("signed", { origin: log.origin, leaves: log.size, vkey: log.vkey }));
      }
      if (!result.logs.length) throw failed("no-log");
      for (const [at, log] of result.logs.slice(1).entries()) {
        const before = result.logs[at], isRight = await isConfirmed(get, before, log, result);
        const words = say(isRight ? "continues" : "not-confirmed", { before: before.origin, origin: log.origin });
        (isRight ? result.said : result.unproved).push(words);
      }
      const named = await namedFiles(get, result.logs, wanted, result);
      const age = Date.now() - Date.parse(result.at), isOld = !(age <= OLD), words = { at: result.at, hours: Math.round(age / HOUR) };
      (isOld && place.isLive ? result.wrong : result.said).push(say(isOld ? "old" : "age", words));
      const here = place.names.filter((path) => !/^log\/(\d+\/)?(checkpoint|vkey|tile\/.+|lists\/.+)$/.test(path));
      await checkFiles(get, named, wanted ?? new Set([...named.keys(), ...here]), result);
    } catch (error) {
      (error instanceof NotReadError ? result.unproved : result.wrong).push(error.message);
    }
    return result;
  }

  // Sums: what recount.py adds up for the numbers of a summary. An addend is a name, a key ("" of a plain count)
  // and how many (1 unless it says so); a false one is left out.
  const COUNTS = ["bytes", "lines", "records", "inspected", "repeats", "unknown_fields", "assumed_utc", "no_rules", "partly_read"];
  const total = (tally = {}) => Object.values(tally).reduce((sum, count) => sum + count, 0);
  const each = (name, tally = {}) => Object.entries(tally).map(([key, count]) => [name, key, count]);
  const liveDays = (of, found) => each(of, found).map(([, key, count]) => key.endsWith("/live") && [of, key.slice(0, 10), count]);

  function receiptAddends(line, names, rules, campaign) {
    const units = line.messages ?? 1; // of a batch, each message is a unit
    return [
      ...COUNTS.map((name) => [name, "", line[name] ?? 0]),
      ["units", "", units], line.kind === "file" && ["files_refused"], ["refused", "", total(line.refused)],
      ...each("refused_by_code", line.refused), ...each("by_language", line.by_language),
      ...(line.skipped ?? []).map((place) => ["skipped", names[place], units]),
      "set" in line && ["sets", names[line.set], units],
      ...each("", line.by_rule).flatMap(([, place, count]) => {
        const key = names[place], [id, mode] = key.split(/\/(?=[a-z]+$)/), rule = rules.get(id), held = line.held?.[place] ?? 0;
        if (!rule || (campaign && rule.campaign !== campaign)) return [];
        return [["findings", "", count], [mode, "", count], ["by_rule", key, count], ["held", "", held], ["held_by_rule", key, held],
          ["by_category", `${rule.category}/${mode}`, count], ["by_severity", `${rule.severity}/${mode}`, count]];
      }),
    ];
  }

  const copyAddends = ({ findings, groups, by_rule }) => [["copy_findings", "", findings], ["copy_groups", "", groups],
    ...each("copy_groups_by_rule", by_rule)];

  /** Return what the findings of a case entry add; a group of near copies counts by what is `counted`, the rest apart. */
  function findingAddends(line, result, length) {
    const found = line.found ?? {}, counted = "group" in line ? (line.counted ?? {}) : found, [day] = Object.keys(found).sort();
    return [
      ...each("", found).flatMap(([, key, count]) => {
        const name = `${key.slice(0, length)}${key.slice(10)}/${result}`, own = counted[key] ?? 0;
        return [["by_rule", name, own], ["in_groups", name, count - own]];
      }),
      day && !/^(dismissed(_anew)?|escalated)$/.test(result) && ["posts", `${day.slice(0, length)}/${line.category}/${result}`],
    ];
  }

  const CASES = {
    adoption: (line) => [["adopted", `${line.tried}/${line.band}`]],
    audit: ({ month, verdict, category }) => [["audited", `${month}/${verdict}`],
      category && ["audited", `${month}/${verdict}/${category}`]],
    complaint: (line) => [["complaints", line.by]],
    correction: (line, length) => [["checks_changed", line.why], ...liveDays("reopened", line.found),
      ...findingAddends(line, `${line.about}_anew`, length)],
    decision(line, length) {
      const { verdict, found, measures } = line, isGroup = "group" in line, isLook = line.leads || !isGroup; // of a group
      if (verdict === "skipped") return [["by_verdict", verdict]];
      return [
        ["by_verdict", verdict], ["decisions"], isGroup && ["grouped"], isGroup && isLook && ["groups"],
        "automated" in line && ["partly_automated"], line.drawn && ["drawn"], line.answers === "notice" && ["notices_answered"],
        isLook && line.review_seconds < 5 && ["under_5_seconds"], isLook && !("review_seconds" in line) && ["untimed"], isLook && ["by_moderator", `${line.moderator}/${verdict}`],
        "wait_seconds" in line && [total(found) ? "decide_seconds" : "notice_seconds", line.wait_seconds],
        ...(measures ?? []).map((measure) => ["by_measure", measure]), measures && ["by_ground", line.ground],
        ...findingAddends(line, verdict, length),
        ...(["confirmed", "dismissed"].includes(verdict) ? [["decided", "", total(found)], ...liveDays("by_found_day", found)] : []),
      ];
    },
    dispute: () => [["disputes"]],
    flood_answer: (line) => [["floods_answered", `${line.held}/${line.verdict}`]],
    notice: (line) => [["notices"], ["notice_items", "", line.items ?? 0], line.trusted_flagger && ["trusted_notices"],
      ["notices_by_category", line.category]],
    order({ order, country, authority, received, items = 0, ...line }) {
      const of = (name, more, count) => [name, [order, country, ...more, authority].join("/"), count];
      return [received && of("orders", []), received && of("order_items", [], items),
        "outcome" in line && of("orders_ended", [line.outcome]),
        ...["acknowledge_seconds", "effect_seconds"].map((name) => name in line && of(`order_${name}`, [line[name]]))];
    },
    outcome: (line) => [[`${line.answers}s_ended`, line.outcome], [`${line.answers}_seconds`, line.wait_seconds],
      line.implemented && ["disputes_implemented"]],
    reinstatement: (line) => [["reinstated", line.cause]],
    second_review: (line) => [["second_reviews"], line.verdict === line.about && ["agreed"]],
    suspension: (line) => [["suspended", line.why]],
    turned_away: (line) => [["turned_away", line.why]],
    trial: (line) => [["tried", `${line.tried}/${line.verdict}`]],
  };

  /** Return what a case entry adds. A summary counts findings by day or by month: the first `length` signs of a day. */
  function caseAddends(line, length) {
    const addends = CASES[line.type]?.(line, length) ?? [];
    if (!line.overturns) return addends;
    const undone = ["decisions", ...(line.undoes ?? [])].map((what) => ["overturned_measures", `${line.decided_in}/${what}`]);
    return [...addends, ["overturned"], ["overturned_by", line.answers || line.cause], ...undone,
      ...findingAddends(line, line.about === "confirmed" ? "overturned" : "restored", length)];
  }

  /** Return the decisions on findings of a campaign's packs: it counts nothing else of cases. */
  function ofCampaign(addends, rules, campaign) {
    const own = addends.filter(([, key = ""]) => rules.get(String(key).split("/").slice(1, 4).join("/"))?.campaign === campaign);
    return [...own, ...own.filter(([, key]) => /\/(confirmed|dismissed)$/.test(key)).map(([, , count]) => ["decided", "", count])];
  }

  /** Return the addends of each number of a summary, as file, line and count, by the number's name in the CSV. */
  async function addUp(get, summary) {
    const sums = new Map(), rules = new Map(), campaign = summary.kind === "campaign" && summary.period;
    const read = async (path, sha256) => {
      const data = await get(path);
      if (data && hex(await digest(data)) === sha256) return text(data);
      throw failed("not-counted", { path });
    };
    for (const id of Object.keys(summary.numbers.sets)) {
      for (const pack of JSON.parse(await read(`sets/${id}.json`, id)).packs) {
        for (const rule of pack.rules) rules.set(`${pack.id}/${pack.version}/${rule.id}`, { ...pack, ...rule });
      }
    }
    const addendsOf = (line, names) => {
      if (line.kind === "names") return void names.push(...line.names);
      if (line.kind === "copies") return campaign ? [] : copyAddends(line);
      if (line.kind !== "case") return receiptAddends(line, names, rules, campaign);
      const addends = caseAddends(line, summary.kind === "day" ? 10 : 7).filter(Boolean);
      return campaign ? ofCampaign(addends, rules, campaign) : addends;
    };
    for (const { path, sha256 } of summary.journal) {
      const names = [], lines = (await read(path, sha256)).split("\n").filter(Boolean).map((line) => JSON.parse(line));
      for (const [at, line] of lines.entries()) {
        for (const [name, key = "", count = 1] of (addendsOf(line, names) ?? []).filter(Boolean)) {
          const of = `${line.kind === "case" ? "cases." : ""}${name} ${key}`.trim();
          if (count) sums.set(of, sums.get(of) ?? []).get(of).push({ count, line: String(at + 1), path });
        }
      }
    }
    return sums;
  }

  // What the reader sees
  const list = (lines) => made("ul", ...lines.map((line) => made("li", line)));
  const mark = (isRight) => (isRight ? "\u2713" : "\u2717");

  /** Show the verdict, as the last lines of verify give it. */
  function report({ isLive, logs, at, said, wrong, unproved, right, numbers = 0, rows = [] }, page) {
    const isRight = !wrong.length && !unproved.length, log = logs[logs.length - 1];
    const proved = [right && say("files", { count: right }), numbers && say("numbers", { count: numbers })].filter(Boolean);
    const words = isRight ? (isLive ? "agrees" : "agrees-folder") : wrong.length ? "contradicts" : "open";
    show(`${mark(isRight)} ${say(words, { page })}`, isRight ? "right" : "fell");
    part("log").textContent = log ? say("compare", { at, vkey: log.vkey }) : "";
    part("found").replaceChildren(...Object.entries({ wrong, unproved, proved }).flatMap(([id, lines]) =>
      [made("p", made("strong", say(id, { count: lines.length }))), lines.length ? list(lines.sort()) : ""]));
    part("sums").replaceChildren(...rows);
    part("said").replaceChildren(list(said));
    part("report").hidden = false;
  }

  /** Return how the numbers of a summary differ from their sums, how many they are, and a row for each with its addends. */
  function compare(summary, sums) {
    const named = (before, numbers) => Object.entries(numbers).flatMap(([name, is]) =>
      Object.entries(typeof is === "object" ? is : { "": is }).map(([key, count]) => [`${before}${name} ${key}`.trim(), count]));
    const counts = [...named("", summary.numbers), ...named("cases.", summary.cases)].filter(([, is]) => is > 0);
    const published = new Map(counts), wrong = [], rows = new Map();
    for (const name of new Set([...published.keys(), ...sums.keys()])) {
      const addends = sums.get(name) ?? [], number = published.get(name) ?? 0;
      const recounted = addends.reduce((sum, { count }) => sum + count, 0);
      if (recounted !== number) wrong.push(say("number", { name, published: number, recounted }));
      const row = made("details", made("summary", made("code", name), ` ${shown(number)} ${mark(recounted === number)}`));
      const more = addends.length > SHOWN ? say("more", { count: addends.length - SHOWN }) : "";
      const open = () => row.append(list(addends.slice(0, SHOWN).map((one) => say("addend", one))), more);
      row.addEventListener("toggle", open, { once: true });
      const [of, ...key] = name.split(" ");
      if (!rows.has(of)) rows.set(of, key.length ? made("details", made("summary", made("code", of))) : row);
      if (key.length) rows.get(of).append(row);
    }
    return { wrong, numbers: published.size, rows: [...rows.values()] };
  }

  // The page to check is named behind the # of the address; it is looked for here, or in the chosen folder.
  const address = {
    isLive: true, names: [],
    async get(path) {
      const at = `./${path.split("/").map(encodeURIComponent).join("/")}`;
      const answer = await fetch(at, { cache: "no-cache", redirect: "error" }).catch(() => ({}));
      if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
      if ([403, 404].includes(answer.status)) return null;
      throw new NotReadError(say("not-read", { path }));
    },
  };

  function folderOf(files) {
    const paths = files.map((file) => file.webkitRelativePath), mark = "log/checkpoint";
    const root = (paths.find((path) => path.endsWith(`/${mark}`)) ?? `${paths[0].split("/")[0]}/${mark}`).slice(0, -mark.length);
    const here = new Map(files.map((file, at) => [paths[at], file])), names = paths.filter((path) => path.startsWith(root));
    const get = async (path) => (here.has(root + path) ? new Uint8Array(await here.get(root + path).arrayBuffer()) : null);
    return { isLive: false, names: names.map((path) => path.slice(root.length)), get };
  }

  async function run(what) {
    const page = decodeURIComponent(location.hash.slice(1)) || "index.html";
    const { files } = part("folder"), place = files.length ? folderOf([...files]) : location.protocol === "file:" ? null : address;
    const json = page.replace(/(\.[a-z]{2})?\.html$/, ".json");
    const wanted = what === "all" ? null : new Set(what === "add" ? [page, json] : [page]);
    part("page").textContent = page;
    for (const link of document.querySelectorAll(".languages a")) link.hash = location.hash;
    part("add").hidden = !page.startsWith("summaries/");
    part("report").hidden = true;
    if (!crypto.subtle || !place) return show(say(place ? "not-secure" : "choose"));
    const result = await check(place, wanted);
    if (what === "add" && result.right === wanted.size) {
      const summary = JSON.parse(text(await place.get(json))), failure = (error) => ({ wrong: [error.message] });
      const { wrong, ...more } = await addUp(place.get, summary).then((sums) => compare(summary, sums)).catch(failure);
      Object.assign(result, more).wrong.push(...wrong);
    }
    return part("page").textContent === page && report(result, what === "all" ? say("all") : page); // unless another is asked for
  }

  part("folder").addEventListener("change", () => run());
  for (const what of ["add", "all"]) part(what).addEventListener("click", () => run(what));
  addEventListener("hashchange", () => run());
  part("tool").hidden = false;
  run();
})();
