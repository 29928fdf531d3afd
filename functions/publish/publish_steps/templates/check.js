// Checks files of this site against its public log, as verify.py does, in the browser. It reads them from where it was
// loaded, or from a folder that the reader chooses, and sends nothing. It comes from the same place as the pages: who
// changes them can change it too. From top to bottom: words, hashes, signatures, the log, files, sums, what readers see.
const WIDTH = 256; // leaves of a bundle, and hashes of a tile
const AT_ONCE = 8; // files that are read at the same time
const OLD = 24; // after so many hours a log is old
const SHOWN = 100; // addends that are shown
const NOTHING = new Uint8Array();

// Words. The page holds them, in its language.
const part = (id) => document.getElementById(id);
const show = (words, kind = "") => { part("now").textContent = words; part("now").className = `tick ${kind}`; };
const shown = (value) => (typeof value === "number" ? value.toLocaleString(document.documentElement.lang) : value);
const say = (id, values = {}) => part(`say-${id}`).textContent.replace(/%\((\w+)\)s/g, (_, name) => shown(values[name]));
const made = (tag, ...children) => { const it = document.createElement(tag); it.append(...children); return it; };
const fail = (id, values) => { throw Object.assign(new Error(say(id, values)), { id }); };

// Hashes
const encoded = (text) => new TextEncoder().encode(text);
const text = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fromBase64 = (line) => Uint8Array.from(atob(line), (char) => char.charCodeAt(0));
const joined = (...parts) => new Uint8Array(parts.flatMap((one) => [...one]));
const digest = async (bytes, name = "SHA-256") => new Uint8Array(await crypto.subtle.digest(name, bytes));

/** Return the bytes of a file if they have this digest; null if they have another one, or if there is no file. */
async function readExactly(get, path, sha256) {
  const data = await get(path);
  return data && hex(await digest(data)) === sha256 ? data : null;
}

/** Return the root of a tree, level by level; a last node without a partner goes up as it is. RFC 6962, section 2.1. */
async function rootOf(hashes) {
  if (hashes.length < 2) return hashes[0] ?? digest(NOTHING);
  const pairs = Array.from({ length: Math.ceil(hashes.length / 2) }, (_, at) => hashes.slice(2 * at, 2 * at + 2));
  return rootOf(await Promise.all(pairs.map(([left, right]) => (right ? digest(joined([1], left, right)) : left))));
}

// Signatures: those of Ed25519. The source of the numbers is RFC 8032, section 5.1.
const PRIME = 2n ** 255n - 19n, ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (value, by = PRIME) => ((value % by) + by) % by;
const power = (base, exponent) => (exponent ? mod(power(mod(base * base), exponent >> 1n) * (exponent & 1n ? base : 1n)) : 1n);
const inverse = (value) => power(mod(value), PRIME - 2n);
const toNumber = (bytes) => BigInt(`0x${hex([...bytes].reverse())}`);
const CURVE = mod(-121665n * inverse(121666n)), BASE = pointOf(mod(4n * inverse(5n)));

/** Return the point as [X, Y, Z], with x = X/Z and y = Y/Z, of which a number holds y and the last bit of x; or null. */
function pointOf(number) {
  const y = BigInt.asUintN(255, number), sign = number >> 255n, square = mod((y * y - 1n) * inverse(CURVE * y * y + 1n));
  const root = power(square, (PRIME + 3n) / 8n), roots = [root, mod(root * power(2n, (PRIME - 1n) / 4n))];
  const x = roots.find((one) => mod(one * one) === square);
  if (x === undefined || y >= PRIME || (sign && !x)) return null;
  return [(x & 1n) === sign ? x : PRIME - x, y, 1n];
}

/** Return the sum of two points of the curve -x² + y² = 1 + dx²y². */
function added([a, b, c], [d, e, f]) {
  const x = mod(a * d), y = mod(b * e), z = mod(c * f), product = mod(CURVE * x * y);
  const less = mod(z * z - product), more = mod(z * z + product);
  return [mod(z * less * ((a + b) * (d + e) - x - y)), mod(z * more * (x + y)), mod(less * more)];
}

/** Return whether a key made a signature: whether R = sB - kA, all in their one canonical form. It takes a moment. */
async function isSigned(message, signature, key) {
  if (key.length !== 32 || signature.length !== 64) return false;
  const point = pointOf(toNumber(key)), r = toNumber(signature.slice(0, 32)), s = toNumber(signature.slice(32));
  if (!point || s >= ORDER) return false;
  const k = mod(toNumber(await digest(joined(signature.slice(0, 32), key, message), "SHA-512")), ORDER);
  const minus = [PRIME - point[0], point[1], 1n];
  let total = [0n, 1n, 1n];
  for (let bit = 252n; bit >= 0n; bit -= 1n) {
    total = added(total, total);
    if ((s >> bit) & 1n) total = added(total, BASE);
    if ((k >> bit) & 1n) total = added(total, minus);
  }
  const [x, y] = total.map((part) => mod(part * inverse(total[2])));
  return (((x & 1n) << 255n) | y) === r;
}

/** Return whether a key made a signature: the browser says it, or, if it knows no Ed25519, the lines above. */
const verified = (message, signature, key) => crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"])
  .then((known) => crypto.subtle.verify("Ed25519", known, signature, message)).catch(() => isSigned(message, signature, key));

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
  for (let at = 0, end; at < bundle?.length; at = end) {
    end = at + 2 + bundle[at] * 256 + bundle[at + 1];
    if (!(end <= bundle.length)) fail("cut");
    leaves.push(bundle.slice(at + 2, end));
  }
  return leaves;
}

/** Return a log whose checkpoint is signed, with the roots of its bundles, which add up to it; or null. */
async function openLog(get, folder) {
  const note = await get(`${folder}checkpoint`);
  if (!note) return null;
  const served = text((await get(`${folder}vkey`)) ?? NOTHING), vkey = served.trimEnd();
  const [, body, origin, size, root, lines] = /^((.+)\n(\d{1,15})\n(.+)\n(?:.+\n)*)\n((?:.+\n)+)$/.exec(text(note)) ?? [];
  const [, name, id, key] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)\n$/.exec(served) ?? [];
  if (!key || origin !== name) fail("unsigned", { folder, vkey });
  const material = fromBase64(key), known = hex(await digest(joined(encoded(`${name}\n`), material))).slice(0, 8);
  const ours = lines.split("\n").filter((line) => line.startsWith(`\u2014 ${name} `)).map((line) => fromBase64(line.split(" ")[2]));
  const isOurs = await Promise.all(ours.map((signed) =>
    hex(signed.slice(0, 4)) === id && verified(encoded(body), signed.slice(4), material.slice(1))));
  if (material[0] !== 1 || known !== id || !isOurs.includes(true)) fail("unsigned", { folder, vkey });
  const log = { folder, origin, vkey, size: Number(size), roots: [] }, full = Math.floor(log.size / WIDTH);
  for (let index = 0; index * WIDTH < full; index += 1) {
    const tile = (await get(folder + tileName(1, index, full))) ?? NOTHING;
    for (let at = 0; at < tile.length; at += 32) log.roots.push(tile.slice(at, at + 32));
  }
  if (log.size % WIDTH) log.roots.push(await rootOfLeaves((await readBundle(get, log, full)) ?? []));
  if (hex(await rootOf(log.roots)) !== hex(fromBase64(root))) fail("sum", { folder });
  return log;
}

const readBundle = async (get, log, index) => splitEntries(await get(bundleName(log, index)));
const bundleName = (log, index) => log.folder + tileName("entries", index, log.size);
const rootOfLeaves = async (leaves) => rootOf(await Promise.all(leaves.map((leaf) => digest(joined([0], leaf)))));

/** Yield the leaves of a log with their indexes, newest first, each from a bundle that has its root. */
async function* leavesOf(get, log, result) {
  for (let end = log.roots.length, step = 1; end > 0; step = Math.min(AT_ONCE, 2 * step)) {
    const indexes = Array.from({ length: Math.min(step, end) }, (_, at) => end - 1 - at);
    for (const [index, leaves] of await Promise.all(indexes.map(async (at) => [at, await readBundle(get, log, at)]))) {
      const path = bundleName(log, index);
      if (!leaves) return void result.unproved.push(say("pruned", { path }));
      if (hex(await rootOfLeaves(leaves)) !== hex(log.roots[index])) fail("tile", { path });
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
        list = `log/lists/${leaf.list}.json`;
        const data = await readExactly(get, list, leaf.list), by = say("list", leaf);
        if (!data) result.wrong.push(say("wrong-list", { path: list }));
        for (const entry of JSON.parse(text(data ?? encoded("[]")))) name(entry.path, { ...entry, isListed: true, by });
      }
      if (result.at && named.size === wanted?.size) return named;
    }
  }
  if (!list) result.unproved.push(say("no-list"));
  return named;
}

/** Check files against what the log says of them. */
async function checkFiles(get, named, waiting, result) {
  while (waiting.length) {
    show(say("files-left", { files: waiting.length }));
    await Promise.all(waiting.splice(-AT_ONCE).map(async (path) => {
      const { by, isListed, size, sha256 } = named.get(path) ?? {}, data = by && (await get(path));
      if (!by) result.unproved.push(path);
      else if (!data) result.wrong.push(say("missing", { path, by }));
      else if (data.length === size && hex(await digest(data)) === sha256) result.right += 1;
      else result.wrong.push(say(isListed ? "differs" : "changed", { path, by }));
    }));
  }
}

/** Return whether the last leaves of a log name the log that continues it, and its key. */
async function isConfirmed(get, before, log, result) {
  for await (const [index, { kind, origin, vkey }] of leavesOf(get, before, result)) {
    if (kind === "moved" || index + 2 < before.size) return origin === log.origin && vkey === log.vkey;
  }
  return false;
}

/** Check the log of a place, and these files, or null for all; add up the numbers of a summary if it is named. */
async function check({ get, names, isLive }, wanted, summary) {
  const result = { said: [], wrong: [], unproved: [], right: 0, numbers: 0, rows: [], at: "", logs: [], isLive };
  try {
    for (let folder = "log/", log; (log = await openLog(get, folder)); folder = `log/${result.logs.length + 1}/`) {
      const [before] = result.logs.slice(-1), origins = { before: before?.origin, origin: log.origin };
      if (before && (await isConfirmed(get, before, log, result))) result.said.push(say("continues", origins));
      else if (before) result.unproved.push(say("not-confirmed", origins));
      result.said.push(say("signed", { origin: log.origin, leaves: log.size, vkey: log.vkey }));
      result.logs.push(log);
    }
    if (!result.logs.length) fail("no-log");
    const named = await namedFiles(get, result.logs, wanted, result);
    const hours = (Date.now() - Date.parse(result.at)) / 3_600_000, isOld = !(hours <= OLD);
    (isOld && isLive ? result.wrong : result.said).push(say(isOld ? "old" : "age", { at: result.at, hours: Math.round(hours) }));
    const here = names.filter((path) => !/^log\/(\d+\/)?(checkpoint|vkey|tile\/.+|lists\/.+)$/.test(path));
    await checkFiles(get, named, [...(wanted ?? new Set([...named.keys(), ...here]))], result);
    if (summary && result.right === wanted.size) await addUp(get, summary, result);
  } catch (error) {
    (error.id === "not-read" ? result.unproved : result.wrong).push(error.message); // nothing is known of what was not read
  }
  return result;
}

// Sums: what recount.py adds up for the numbers of a summary. An addend is a name, a key ("" of a plain count)
// and how many (1 unless it says so); a false one is left out.
const COUNTS = ["bytes", "lines", "records", "inspected", "repeats", "unknown_fields", "assumed_utc", "no_rules", "partly_read"];
const total = (tally = {}) => Object.values(tally).reduce((sum, count) => sum + count, 0);
const each = (name, tally = {}) => Object.entries(tally).map(([key, count]) => [name, key, count]);
const liveDays = (of, found) => each(of, found).map(([, key, count]) => key.endsWith("/live") && [of, key.slice(0, 10), count]);

function receiptAddends(line, names, rules) {
  const units = line.messages ?? 1; // of a batch, each message is a unit
  return [
    ...COUNTS.map((name) => [name, "", line[name] ?? 0]), ...(line.skipped ?? []).map((place) => ["skipped", names[place], units]),
    ["units", "", units], line.kind === "file" && ["files_refused"], "set" in line && ["sets", names[line.set], units],
    ["refused", "", total(line.refused)], ...each("refused_by_code", line.refused), ...each("by_language", line.by_language),
    ...each("", line.by_rule).flatMap(([, place, count]) => {
      const key = names[place], [id, mode] = key.split(/\/(?=[a-z]+$)/), rule = rules.get(id), held = line.held?.[place] ?? 0;
      if (!rule) return []; // of another campaign
      return [["findings", "", count], [mode, "", count], ["by_rule", key, count], ["held", "", held], ["held_by_rule", key, held],
        ["by_category", `${rule.category}/${mode}`, count], ["by_severity", `${rule.severity}/${mode}`, count]];
    }),
  ];
}

/** Return what the findings of a case entry add; a group of near copies counts by what is `counted`, the rest apart. */
function findingAddends(line, result, length) {
  const found = line.found ?? {}, counted = "group" in line ? (line.counted ?? {}) : found, [first] = Object.keys(found).sort();
  const named = (key) => `${key.slice(0, length)}${key.slice(10)}/${result}`;
  return [
    ...each("", found).flatMap(([, key, count]) => [["by_rule", named(key), counted[key] ?? 0],
      ["in_groups", named(key), count - (counted[key] ?? 0)]]),
    first && !/^(dismissed(_anew)?|escalated)$/.test(result) && ["posts", `${first.slice(0, length)}/${line.category}/${result}`],
  ];
}

const ADDENDS = {
  adoption: (line) => [["adopted", `${line.tried}/${line.band}`]],
  audit: ({ month, verdict, category: of }) => [["audited", `${month}/${verdict}`], of && ["audited", `${month}/${verdict}/${of}`]],
  complaint: (line) => [["complaints", line.by]],
  copies: ({ findings, groups, by_rule }) => [["copy_findings", "", findings], ["copy_groups", "", groups],
    ...each("copy_groups_by_rule", by_rule)],
  correction: (line, length) => [["checks_changed", line.why], ...liveDays("reopened", line.found),
    ...findingAddends(line, `${line.about}_anew`, length)],
  decision(line, length) {
    const { verdict, found, measures } = line, isGroup = "group" in line, isLook = line.leads || !isGroup; // of a group
    if (verdict === "skipped") return [["by_verdict", verdict]];
    return [
      ["by_verdict", verdict], ["decisions"], ...findingAddends(line, verdict, length), isGroup && isLook && ["groups"],
      "automated" in line && ["partly_automated"], line.drawn && ["drawn"], line.answers === "notice" && ["notices_answered"],
      isLook && ["by_moderator", `${line.moderator}/${verdict}`], isLook && line.review_seconds < 5 && ["under_5_seconds"],
      isGroup && ["grouped"], "wait_seconds" in line && [total(found) ? "decide_seconds" : "notice_seconds", line.wait_seconds],
      ...(measures ?? []).map((measure) => ["by_measure", measure]), measures && ["by_ground", line.ground],
      ...(["confirmed", "dismissed"].includes(verdict) ? [["decided", "", total(found)], ...liveDays("by_found_day", found)] : []),
    ];
  },
  dispute: () => [["disputes"]],
  flood_answer: (line) => [["floods_answered", `${line.held}/${line.verdict}`]],
  notice: (line) => [["notices"], ["notice_items", "", line.items ?? 0], line.trusted_flagger && ["trusted_notices"],
    ["notices_by_category", line.category]],
  order({ order, country, authority, received, items = 0, outcome, ...line }) {
    const of = (name, more, count) => [name, [order, country, ...more, authority].join("/"), count];
    return [received && of("orders", []), received && of("order_items", [], items), outcome && of("orders_ended", [outcome]),
      ...["acknowledge_seconds", "effect_seconds"].map((name) => name in line && of(`order_${name}`, [line[name]]))];
  },
  outcome: (line) => [[`${line.answers}s_ended`, line.outcome], [`${line.answers}_seconds`, line.wait_seconds],
    line.implemented && ["disputes_implemented"]],
  reinstatement: (line) => [["reinstated", line.cause]],
  second_review: (line) => [["second_reviews"], line.verdict === line.about && ["agreed"]],
  suspension: (line) => [["suspended", line.why]],
  trial: (line) => [["tried", `${line.tried}/${line.verdict}`]],
};

/** Return what any other line adds. A summary counts findings by day or by month: the first `length` signs of a day. */
function otherAddends(line, length) {
  const addends = ADDENDS[line.type ?? line.kind]?.(line, length) ?? [];
  if (!line.overturns) return addends;
  const undone = ["decisions", ...(line.undoes ?? [])].map((what) => ["overturned_measures", `${line.decided_in}/${what}`]);
  return [...addends, ["overturned"], ["overturned_by", line.answers || line.cause], ...undone,
    ...findingAddends(line, line.about === "confirmed" ? "overturned" : "restored", length)];
}

/** Return the decisions on findings of a campaign's packs: it counts nothing else of cases. */
function ofCampaign(addends, rules) {
  const own = addends.filter(([, key = ""]) => rules.has(String(key).split("/").slice(1, 4).join("/")));
  return [...own, ...own.filter(([, key]) => /\/(confirmed|dismissed)$/.test(key)).map(([, , count]) => ["decided", "", count])];
}

/** Return the addends of each number of a summary, as file, line and count, by the number's name in the CSV. */
async function sumsOf(get, summary) {
  const sums = new Map(), rules = new Map(), campaign = summary.kind === "campaign" && summary.period;
  const read = async (path, sha256) => text((await readExactly(get, path, sha256)) ?? fail("not-counted", { path }));
  for (const id of Object.keys(summary.numbers.sets)) {
    const packs = JSON.parse(await read(`sets/${id}.json`, id)).packs.filter((pack) => !campaign || pack.campaign === campaign);
    for (const pack of packs) for (const rule of pack.rules) rules.set(`${pack.id}/${pack.version}/${rule.id}`, { ...pack, ...rule });
  }
  const addendsOf = (line, names) => {
    if (line.kind === "names") return void names.push(...line.names);
    if (!/^(case|copies)$/.test(line.kind)) return receiptAddends(line, names, rules);
    const addends = otherAddends(line, summary.kind === "day" ? 10 : 7).filter(Boolean);
    return campaign ? ofCampaign(addends, rules) : addends;
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
function report({ isLive, logs, at, said, wrong, unproved, right, numbers, rows }, page) {
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

/** Compare the numbers of a summary with their sums, and make a row for each, with its addends. */
async function addUp(get, path, result) {
  const summary = JSON.parse(text(await get(path))), sums = await sumsOf(get, summary), rows = new Map();
  const named = (before, numbers) => Object.entries(numbers).flatMap(([name, is]) =>
    Object.entries(typeof is === "object" ? is : { "": is }).map(([key, count]) => [`${before}${name} ${key}`.trim(), count]));
  const published = new Map([...named("", summary.numbers), ...named("cases.", summary.cases)].filter(([, is]) => is > 0));
  for (const name of new Set([...published.keys(), ...sums.keys()])) {
    const addends = sums.get(name) ?? [], number = published.get(name) ?? 0;
    const recounted = addends.reduce((sum, { count }) => sum + count, 0);
    if (recounted !== number) result.wrong.push(say("number", { name, published: number, recounted }));
    const row = made("details", made("summary", made("code", name), ` ${shown(number)} ${mark(recounted === number)}`));
    const more = addends.length > SHOWN ? say("more", { count: addends.length - SHOWN }) : "";
    const open = () => row.append(list(addends.slice(0, SHOWN).map((one) => say("addend", one))), more);
    row.addEventListener("toggle", open, { once: true });
    const [of, ...key] = name.split(" ");
    if (!rows.has(of)) rows.set(of, key.length ? made("details", made("summary", made("code", of))) : row);
    if (key.length) rows.get(of).append(row);
  }
  Object.assign(result, { numbers: published.size, rows: [...rows.values()] });
}

// The page to check is named behind the # of the address; it is looked for here, or in the chosen folder.
async function fetched(path) {
  const at = `./${path.split("/").map(encodeURIComponent).join("/")}`;
  const answer = await fetch(at, { cache: "no-cache", redirect: "error" }).catch(() => ({}));
  if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  return [403, 404].includes(answer.status) ? null : fail("not-read", { path });
}

function folderOf(files) {
  const paths = files.map((file) => file.webkitRelativePath), mark = "log/checkpoint";
  const root = (paths.find((path) => path.endsWith(`/${mark}`)) ?? `${paths[0].split("/")[0]}/${mark}`).slice(0, -mark.length);
  const here = new Map(files.map((file, at) => [paths[at], file])), names = paths.filter((path) => path.startsWith(root));
  const get = async (path) => (here.has(root + path) ? new Uint8Array(await here.get(root + path).arrayBuffer()) : null);
  return { isLive: false, names: names.map((path) => path.slice(root.length)), get };
}

async function run(what) {
  const page = decodeURIComponent(location.hash.slice(1)) || "index.html";
  const { files } = part("folder"), isHere = files.length || location.protocol !== "file:";
  const place = files.length ? folderOf([...files]) : { get: fetched, names: [], isLive: true };
  const json = page.replace(/(\.[a-z]{2})?\.html$/, ".json");
  const wanted = what === "all" ? null : new Set(what === "add" ? [page, json] : [page]);
  part("page").textContent = page;
  for (const link of document.querySelectorAll(".languages a")) link.hash = location.hash;
  part("add").hidden = !page.startsWith("summaries/");
  part("report").hidden = true;
  if (!crypto.subtle || !isHere) return show(say(isHere ? "not-secure" : "choose"));
  const result = await check(place, wanted, what === "add" && json);
  return part("page").textContent === page && report(result, what === "all" ? say("all") : page); // unless another is asked for
}

part("folder").addEventListener("change", () => run());
for (const what of ["add", "all"]) part(what).addEventListener("click", () => run(what));
addEventListener("hashchange", () => run());
part("tool").hidden = false;
run();
