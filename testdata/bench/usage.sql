-- The default framework's usage signals as of several dates, as one would write
-- them in DuckDB for speed: one row an account and date. Values that have a window
-- meet the one or two dates that may see them; values without one are brought
-- together by the first date that sees them and carried on from date to date.
-- Rounding keeps a ratio of exactly 0.9 or 1.1 on the boundary, where it belongs.
WITH dates AS (SELECT unnest({dates}::DATE[]) AS as_of),
usage AS (
  SELECT account_id, date, date::DATE AS day, active_users, monthly_active_users, licensed_seats, features_used, features_available, logins, last_login_at
  FROM read_parquet('{input}')
),
windows AS (
  SELECT account_id, as_of,
    avg(active_users) FILTER (day > as_of - 28 AND isodow(day) < 6) AS working,
    avg(active_users) FILTER (day > as_of - 28) AS recent,
    avg(active_users) FILTER (day <= as_of - 28) AS earlier,
    arg_max(monthly_active_users, date) FILTER (day > as_of - 28) AS monthly,
    arg_max(features_used, date) FILTER (day > as_of - 28) AS used,
    arg_max(features_available, date) FILTER (day > as_of - 28) AS available
  FROM usage JOIN dates ON day <= as_of AND day > as_of - 56
  GROUP BY ALL
),
steps AS (
  SELECT account_id, as_of,
    arg_max(licensed_seats, date) AS seats, max(date) FILTER (licensed_seats IS NOT NULL) AS seats_at,
    max(last_login_at) AS last_login, max(day) FILTER (logins >= 1) AS last_logins
  FROM usage ASOF JOIN dates ON day <= as_of
  GROUP BY ALL
),
carried AS (
  SELECT account_id, as_of,
    arg_max(seats, seats_at) OVER w AS seats, max(last_login) OVER w AS last_login, max(last_logins) OVER w AS last_logins
  FROM steps
  WINDOW w AS (PARTITION BY account_id ORDER BY as_of)
)
SELECT account_id, as_of,
  coalesce(working / nullif(seats, 0), working / nullif(monthly, 0)) AS activity,
  used / nullif(available, 0) AS feature_adoption,
  as_of - coalesce(last_login::DATE, last_logins) AS days_since_login,
  CASE WHEN round(recent - 1.1 * earlier, 9) > 0 THEN 'up' WHEN round(recent - 0.9 * earlier, 9) < 0 THEN 'down' WHEN recent IS NOT NULL AND earlier IS NOT NULL THEN 'stable' END AS usage_trend
FROM windows FULL JOIN carried USING (account_id, as_of)
