-- The rest of the table: what the report gives no number of.
INSERT INTO f BY NAME
WITH stated AS (
  SELECT 'source' AS "by", source_type AS name, count(*) AS n FROM s GROUP BY ALL
  UNION ALL SELECT 'decision', automated_decision, count(*) FROM s GROUP BY ALL
  UNION ALL SELECT 'month', left(application_date::TEXT, 7), count(*) FROM s GROUP BY ALL
  UNION ALL SELECT 'territory', country, sum(n)::BIGINT FROM (
    SELECT unnest(codes(territorial_scope)) AS country, n FROM (SELECT territorial_scope, count(*) AS n FROM s GROUP BY ALL))
  GROUP BY ALL),
of_log AS (
  SELECT 'source' AS "by", source_type AS name, count(*) AS n FROM logged GROUP BY ALL
  UNION ALL SELECT 'decision', automated_decision, count(*) FROM logged GROUP BY ALL
  UNION ALL SELECT 'month', left(day::TEXT, 7), count(*) FROM logged GROUP BY ALL
  UNION ALL SELECT 'territory', country, count(*) FROM (SELECT unnest(territories) AS country FROM logged) GROUP BY ALL)
SELECT "by", name, stated.n AS statements, if("by" IN (SELECT "by" FROM of_log), coalesce(of_log.n, 0), NULL) AS log
FROM stated FULL JOIN of_log USING ("by", name) WHERE name <> '' ORDER BY "by", name;
