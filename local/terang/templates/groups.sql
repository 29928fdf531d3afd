-- The rest of the table: what the report gives no number of.
INSERT INTO f BY NAME
WITH stated AS (
  SELECT 'source' AS "by", source_type AS name, count(*) AS n FROM s GROUP BY ALL
  UNION ALL SELECT 'decision', automated_decision, count(*) FROM s GROUP BY ALL
  UNION ALL SELECT 'month', left(application_date::TEXT, 7), count(*) FROM s GROUP BY ALL
  UNION ALL SELECT 'territory', country, sum(n)::BIGINT FROM (
    SELECT unnest(codes(territorial_scope)) AS country, n FROM (SELECT territorial_scope, count(*) AS n FROM s GROUP BY ALL))
  GROUP BY ALL),
logged AS (
  SELECT "by", name, count(*) AS n FROM (
    SELECT 'source' AS "by", source AS name FROM measures
    UNION ALL SELECT 'decision', decision FROM measures
    UNION ALL SELECT 'month', left(day, 7) FROM measures
    UNION ALL SELECT 'territory', unnest(territories) FROM measures)
  GROUP BY ALL)
SELECT "by", name, stated.n AS statements, if(EXISTS (FROM measures), coalesce(logged.n, 0), NULL) AS log
FROM stated FULL JOIN logged USING ("by", name) WHERE name <> '' ORDER BY "by", name;
