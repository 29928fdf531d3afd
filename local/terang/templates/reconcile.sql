-- What the questions are asked of. Before this runs there are the tables `s`, the statements; `lines` of parts 3 to 10 of the
-- report ('report') and of an earlier version ('earlier'); `measures` of a log and what is wrong with it, `log_wrong`;
-- `problems` of the report's form; `corrected`, the lines of corrections.csv; `unreadable`, `period`, `states`, `keywords`.
--
-- A question about statements finds n and an example; any other one n, what was found, of how many, what the report says, and
-- the place: part, line (1 is below the header), title of the column.
CREATE MACRO codes(cell) AS string_split(regexp_replace(cell, '[\[\]"\s]', '', 'g'), ',');

-- Whether the sub-categories of a cell are of a category. KEYWORD_STALKING is an old one that statements may still have.
CREATE MACRO belongs(kind, chosen) AS (
  SELECT coalesce(bool_and(list_has_all(
    list_transform(list_append(names, 'STALKING'), lambda name: 'KEYWORD_' || name), codes(chosen))), true)
  FROM keywords WHERE 'STATEMENT_CATEGORY_' || of_category = kind AND len(names) > 0);

-- The key of a cell is a category, or an indicator and a scope; its column has a letter, as in a spreadsheet.
CREATE TABLE c AS
SELECT version, part, line, if(part < 7, trim(cells[4]), trim(cells[5]) || '/' || trim(cells[6])) AS key,
  chr(64 + place) AS col, titles[place] AS title, cells[place] AS cell
FROM (SELECT *, unnest(range(1, len(cells) + 1))::INT AS place FROM lines);

CREATE VIEW cells AS
SELECT *, if(regexp_full_match(trim(cell), '[0-9]{1,18}'), trim(cell)::BIGINT, NULL) AS n FROM c;

CREATE VIEW r AS SELECT * EXCLUDE (version) FROM cells WHERE version = 'report';

-- The report's measures at own initiative: all (F), or those after automated detection (G).
CREATE MACRO own(letter) AS (SELECT coalesce(sum(n), 0) FROM r WHERE part IN (5, 6) AND col = letter AND key = 'TOTAL');

-- The report's figure beside a question of statements, by the column that it asks about.
CREATE MACRO beside(column_name) AS
  CASE WHEN column_name = 'automated_detection' THEN format('{:,} own measures after automated detection', own('G'))
  ELSE format('{:,} own measures', own('F')) END;

-- The statements of the period, grouped by what a report counts.
CREATE TABLE g AS
SELECT category, decision_ground, source_type, automated_detection, automated_decision,
  decision_visibility, decision_monetary, decision_provision, decision_account, count(*) AS n
FROM s, period WHERE application_date BETWEEN first AND last GROUP BY ALL;

-- The measures of a log in the same words.
CREATE MACRO chosen(done, kind) AS list_filter(done, lambda code: starts_with(code, 'DECISION_' || kind || '_'))[1];
CREATE VIEW logged AS
SELECT 'STATEMENT_CATEGORY_' || category AS category, source AS source_type, if(found, 'Yes', 'No') AS automated_detection,
  if(ground = 'illegal', 'DECISION_GROUND_ILLEGAL_CONTENT', 'DECISION_GROUND_INCOMPATIBLE_CONTENT') AS decision_ground,
  'AUTOMATED_DECISION_' || if(automated = 'PARTIALLY', automated, 'NOT_AUTOMATED') AS automated_decision,
  done::TEXT AS decision_visibility, chosen(done, 'MONETARY') AS decision_monetary,
  chosen(done, 'PROVISION') AS decision_provision, chosen(done, 'ACCOUNT') AS decision_account, day, territories, 1 AS n
FROM measures, period WHERE day BETWEEN first AND last;

-- The table: a number of the report, of the statements, of the log.
CREATE TABLE f (
  code TEXT, "by" TEXT, name TEXT, report BIGINT, statements BIGINT, log BIGINT, part INT, line INT, title TEXT);

-- A row of the report, or with * each category: what the report says, and the category in which statements count.
CREATE MACRO figure(p, letter, row_of) AS TABLE
SELECT part, line, title, report, if(row_of = '*', replace(key, 'STATEMENT_CATEGORY_', '') || ', ', '') AS kind,
  if(row_of = '*', key, '*') AS wanted
FROM (
  SELECT part, key, min(line) AS line, any_value(title) AS title, sum(n)::BIGINT AS report
  FROM r WHERE part = p AND col = letter GROUP BY part, key)
WHERE key = row_of OR (row_of = '*' AND starts_with(key, 'STATEMENT_')) ORDER BY line;

-- Where the report counts otherwise than the statements, by more than 5 and 1 %.
CREATE MACRO differ(asked) AS TABLE
SELECT abs(report - statements) AS n, name || ': ' || format('{:,}', statements) || ' statements' AS found,
  greatest(report, statements) AS total, report, part, line, title
FROM f WHERE code = asked AND total >= 20 AND n > greatest(5, 0.01 * total);

-- Where the report counts otherwise than the log.
CREATE MACRO unlike_log() AS TABLE
SELECT abs(report - log) AS n, name || ': ' || format('{:,}', log) || ' in the log' AS found, greatest(report, log) AS total,
  report, part, line, title
FROM f WHERE total >= 20 AND n > greatest(5, 0.01 * total);

-- Where one sum of columns is above another in a row of a part.
CREATE MACRO above(p, these, those) AS TABLE
SELECT count(*) AS n, arg_min(key || ': ' || a || ' beside ' || b, line) AS found,
  (SELECT count(DISTINCT line) FROM r WHERE part = p) AS total, arg_min(a, line) AS report, p AS part, min(line) AS line,
  arg_min(title, line) AS title
FROM (
  SELECT line, key, sum(n) FILTER (list_contains(these, col)) AS a, sum(n) FILTER (list_contains(those, col)) AS b,
    min(title) FILTER (col = these[1]) AS title
  FROM r WHERE part = p GROUP BY line, key)
WHERE a > b HAVING n > 0;

-- What is wrong with the report's form, by part.
CREATE MACRO form(kinds) AS TABLE
SELECT count(*) AS n, arg_min(code || ': ' || message, line) AS found, 0 AS total, '' AS report, part, min(line) AS line,
  arg_min(title, line) AS title
FROM problems WHERE list_contains(kinds, code) GROUP BY part ORDER BY part;

-- Complaints and disputes with more outcomes than were submitted.
CREATE MACRO outcomes() AS TABLE
SELECT b - a AS n, indicator || ': ' || b || ' outcomes' AS found, b AS total, a AS report, 7 AS part, line, 'Value' AS title
FROM (
  SELECT split_part(key, '/', 1) AS indicator, min(line) AS line, sum(n) FILTER (key LIKE '%/Total number') AS a,
    sum(n) FILTER (key LIKE '%/Decision%') AS b
  FROM r WHERE part = 7 AND col = 'G' GROUP BY indicator)
WHERE b > a;

-- Part 8 beside parts 5 and 6.
CREATE MACRO automation() AS TABLE
SELECT abs(a - own('F')) AS n, own('F') || ' in parts 5 and 6' AS found, a AS total, a AS report, 8 AS part, line, 'Value' AS title
FROM (
  SELECT sum(n) AS a, count(DISTINCT key) AS kinds, min(line) AS line FROM r
  WHERE part = 8 AND col = 'G' AND key LIKE 'Number of measures %/Own-initiative' AND n IS NOT NULL)
WHERE kinds = 2 AND a <> own('F');

-- Cells that changed since the earlier version, in rows whose contextual information says nothing new.
CREATE MACRO changes() AS TABLE
WITH changed AS (
  SELECT now.part, now.line, now.title, now.cell, was.cell AS before
  FROM c AS now JOIN c AS was USING (part, line, title)
  WHERE now.version = 'report' AND was.version = 'earlier' AND trim(now.cell) <> trim(was.cell))
SELECT count(*) AS n, 'was ' || arg_min(before, line) AS found, 0 AS total, arg_min(cell, line) AS report, part,
  min(line) AS line, arg_min(title, line) AS title
FROM changed
WHERE (part, line) NOT IN (SELECT (part, line) FROM changed WHERE title ILIKE 'context%' AND cell <> '')
  AND (part, line, title) NOT IN (
    SELECT (regexp_extract(cells[2], 'Part_([0-9]+)_', 1)::INT, cells[3]::INT, cells[4]) FROM corrected
    WHERE cells[2] LIKE 'Part_%')
GROUP BY part ORDER BY part;

-- A flag whose share turns from below .1 to above .9, or back, from one day or month to the next.
CREATE MACRO turns(flags) AS TABLE
SELECT n, span || ': ' || round(100 * share)::INT || ' % after ' || round(100 * was)::INT || ' %' AS found
FROM (
  SELECT span, n, share, lag(share) OVER (PARTITION BY length(span) ORDER BY span) AS was
  FROM (
    SELECT unnest([left(application_date::TEXT, 7), application_date::TEXT]) AS span, sum(n) AS n, sum(n * flag) / sum(n) AS share
    FROM (
      SELECT application_date, list_contains(flags, automated_detection) OR list_contains(flags, automated_decision) AS yes,
        yes::INT AS flag, count(*) AS n
      FROM s WHERE application_date IS NOT NULL GROUP BY ALL)
    GROUP BY span HAVING sum(n) >= 20))
WHERE least(was, share) < 0.1 AND greatest(was, share) > 0.9 ORDER BY length(span) DESC, span LIMIT 1;

-- The longest run of days without a decision, with as many statements as are to be expected in it.
CREATE MACRO silence() AS TABLE
SELECT (gap * (SELECT sum(n) FROM g) / (SELECT last - first + 1 FROM period))::INT AS n, gap || ' days after ' || day AS found
FROM (
  SELECT day, lead(day, 1, (SELECT last + 1 FROM period)) OVER (ORDER BY day) - day - 1 AS gap
  FROM (
    SELECT DISTINCT application_date AS day FROM s, period WHERE application_date BETWEEN first AND last
    UNION SELECT first - 1 FROM period))
ORDER BY gap DESC LIMIT 1;
