-- What the moderators of a Mastodon server decided since a day: one JSON object a line. Reads only.
--   psql -At -v since=2026-11-01 -f mastodon-strikes.sql mastodon_production
-- A post that a moderator deleted stays in `statuses` for 30 days; of another server it goes at once.
-- Written to Mastodon 4.6: account_warning.rb, appeal.rb, report.rb, status.rb in app/models.
\set utc '''YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'''

WITH decided AS (
    SELECT id::text AS strike, id AS strike_id, report_id, account_id, created_at, text,
           '{"0": "none", "1000": "disable", "1250": "mark_statuses_as_sensitive",
             "1500": "delete_statuses", "2000": "sensitive", "3000": "silence",
             "4000": "suspend"}'::jsonb ->> action::text AS action,
           coalesce(status_ids::bigint[], '{}') AS posts
    FROM account_warnings
    UNION ALL
    -- Posts of a resolved report about which nobody did anything: no strike names them, and no
    -- action on their author resolved the report. Such an action closes all reports of the author.
    SELECT 'report-' || r.id, NULL, r.id, r.action_taken_by_account_id, r.action_taken_at, '',
           'resolved',
           ARRAY(SELECT unnest(r.status_ids)
                 EXCEPT SELECT unnest(w.status_ids)::bigint FROM account_warnings w
                        WHERE w.target_account_id = r.target_account_id)
    FROM reports r
    WHERE r.action_taken_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM account_warnings w
        WHERE w.target_account_id = r.target_account_id
          AND (w.report_id = r.id AND coalesce(w.status_ids, '{}') = '{}'
               OR w.action IN (1000, 2000, 3000, 4000)
                  AND w.account_id = r.action_taken_by_account_id
                  AND r.action_taken_at - w.created_at BETWEEN '0' AND interval '1 minute'))
)
SELECT jsonb_build_object(
    'strike', d.strike,
    'action', d.action,
    'text', d.text,
    'moderator', d.account_id::text,
    'automated', coalesce(m.actor_type IN ('Application', 'Service'), false),
    'created_at', to_char(d.created_at, :utc),
    'statuses', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', post::text,
            'visibility', CASE WHEN s.visibility = 0 THEN 'public'
                               WHEN s.visibility > 0 THEN 'not public' END,
            'reported', coalesce(post = ANY (r.status_ids), false)) ORDER BY post), '[]')
        FROM unnest(d.posts) AS post LEFT JOIN statuses s ON s.id = post),
    'report', CASE WHEN r.id IS NOT NULL THEN jsonb_build_object(
        'id', r.id::text,
        'category', '{"0": "other", "1000": "spam", "1500": "legal",
                      "2000": "violation"}'::jsonb ->> r.category::text,
        'created_at', to_char(r.created_at, :utc),
        'rules', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', rule::text)), '[]')
                  FROM unnest(r.rule_ids) AS rule)) END,
    'appeal', CASE WHEN a.id IS NOT NULL THEN jsonb_build_object(
        'text', a.text,
        'created_at', to_char(a.created_at, :utc),
        'answer', CASE WHEN a.approved_at IS NOT NULL THEN 'approved'
                       WHEN a.rejected_at IS NOT NULL THEN 'rejected' END,
        'answered_at', to_char(coalesce(a.approved_at, a.rejected_at), :utc),
        'moderator', coalesce(a.approved_by_account_id, a.rejected_by_account_id)::text) END)
FROM decided d
LEFT JOIN reports r ON r.id = d.report_id
LEFT JOIN accounts m ON m.id = d.account_id
LEFT JOIN appeals a ON a.account_warning_id = d.strike_id
WHERE greatest(d.created_at, a.updated_at) >= :'since'
  AND (d.action <> 'resolved' OR d.posts <> '{}')
ORDER BY d.created_at;
