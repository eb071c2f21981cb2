-- The default framework's scores of a wide file, as DuckDB computes them.
--
-- A known signal gives its points; here each is counted from the lowest points of
-- its ladder, so that a pillar's score is 100 * sum / span of its bounds. A missing
-- level is left out of points and bounds; a missing modifier gives 0 points, which
-- is the distance from its lowest row, and keeps its bounds. qbr does not apply to
-- accounts under six months. Ratios are compared after rounding to nine decimals.
COPY (
WITH rung AS (
  SELECT account_id,
    CASE WHEN a > 0.7 THEN 30 WHEN a >= 0.5 THEN 20 WHEN a >= 0.3 THEN 10 WHEN a >= 0 THEN 0 END AS activity,
    CASE WHEN f > 0.6 THEN 20 WHEN f >= 0.4 THEN 10 WHEN f >= 0 THEN 0 END AS adoption,
    CASE WHEN days_since_login >= 30 THEN 0 WHEN days_since_login >= 7 THEN 20 WHEN days_since_login >= 0 THEN 40 END AS login,
    CASE usage_trend WHEN 'up' THEN 30 WHEN 'stable' THEN 15 WHEN 'down' THEN 0 END AS usage,
    CASE WHEN c > 5 THEN NULL WHEN c > 4.5 THEN 30 WHEN c >= 4 THEN 20 WHEN c >= 3.5 THEN 10 WHEN c >= 1 THEN 0 END AS csat,
    CASE escalations WHEN 'none' THEN 45 WHEN 'resolved' THEN 35 WHEN 'open' THEN 0 END AS escalations,
    CASE sentiment WHEN 'positive' THEN 25 WHEN 'neutral' THEN 25 WHEN 'negative' THEN 0 END AS sentiment,
    CASE ticket_trend WHEN 'down' THEN 20 WHEN 'stable' THEN 10 WHEN 'up' THEN 0 END AS tickets,
    CASE WHEN payment >= 60 THEN 0 WHEN payment > 0 THEN 30 WHEN payment = 0 THEN 50 END AS payment,
    CASE growth WHEN 'none' THEN 0 WHEN 'expansion_in_discussion' THEN 20 WHEN 'upgrade_completed' THEN 30 END AS growth,
    CASE WHEN downgrade_risk THEN 0 WHEN NOT downgrade_risk THEN 30 END AS downgrade,
    CASE WHEN contract_term > 12 THEN 30 WHEN contract_term > 1 THEN 10 WHEN contract_term >= 0 THEN 0 END AS term,
    CASE sponsor WHEN 'active' THEN 30 WHEN 'passive' THEN 0 WHEN 'gone' THEN 0 WHEN 'none' THEN 0 END AS sponsor,
    CASE champion WHEN 'engaged' THEN 55 WHEN 'weak' THEN 30 WHEN 'none' THEN 30 WHEN 'left' THEN 0 END AS champion,
    CASE WHEN nps > 10 THEN NULL WHEN nps >= 9 THEN 45 WHEN nps >= 7 THEN 30 WHEN nps >= 0 THEN 0 END AS nps,
    CASE WHEN young THEN NULL WHEN qbr = 'regular' THEN 35 WHEN qbr = 'sporadic' THEN 15 WHEN qbr = 'none' THEN 0 END AS qbr,
    CASE WHEN young THEN 130 ELSE 165 END AS ro
  FROM (
    SELECT *, round(activity, 9) AS a, round(feature_adoption, 9) AS f, round(csat, 9) AS c,
      coalesce(start_date > (DATE '{as_of}' - INTERVAL 6 MONTH)::DATE, false) AS young
    FROM '{input}'
  )
), sums AS ( -- by pillar: points above the lowest, known level and modifier spans, what missing modifiers give
  SELECT account_id, ro,
    coalesce(activity, 0) + coalesce(adoption, 0) + coalesce(login, 0) + coalesce(usage, 0) AS pp,
    if(activity IS NULL, 0, 30) + if(adoption IS NULL, 0, 20) + if(login IS NULL, 0, 40) AS pl,
    if(usage IS NULL, 0, 30) AS pm, if(usage IS NULL, 15, 0) AS pz,
    coalesce(csat, 0) + coalesce(escalations, 0) + coalesce(sentiment, 0) + coalesce(tickets, 0) AS sp,
    if(csat IS NULL, 0, 30) + if(escalations IS NULL, 0, 45) AS sl,
    if(sentiment IS NULL, 0, 25) + if(tickets IS NULL, 0, 20) AS sm, if(sentiment IS NULL, 25, 0) + if(tickets IS NULL, 10, 0) AS sz,
    coalesce(payment, 0) + coalesce(growth, 0) + coalesce(downgrade, 0) + coalesce(term, 0) AS fp,
    if(payment IS NULL, 0, 50) + if(term IS NULL, 0, 30) AS fl,
    if(growth IS NULL, 0, 30) + if(downgrade IS NULL, 0, 30) AS fm, if(downgrade IS NULL, 30, 0) AS fz,
    coalesce(sponsor, 0) + coalesce(champion, 0) + coalesce(nps, 0) + coalesce(qbr, 0) AS rp,
    if(sponsor IS NULL, 0, 30) + if(champion IS NULL, 0, 55) + if(nps IS NULL, 0, 45) + if(qbr IS NULL, 0, 35) AS rl
  FROM rung
), pillar AS ( -- scores, weights by level coverage, coverage, interval
  SELECT account_id,
    CASE WHEN pl > 0 THEN 100 * (pp + pz)::DOUBLE / (pl + 30) END AS product,
    CASE WHEN sl > 0 THEN 100 * (sp + sz)::DOUBLE / (sl + 45) END AS support,
    CASE WHEN fl > 0 THEN 100 * (fp + fz)::DOUBLE / (fl + 60) END AS financial,
    CASE WHEN rl > 0 THEN 100 * rp::DOUBLE / rl END AS relationship,
    0.30::DOUBLE * (pl::DOUBLE / 90) AS wp, 0.20::DOUBLE * (sl::DOUBLE / 75) AS ws,
    0.25::DOUBLE * (fl::DOUBLE / 80) AS wf, 0.25::DOUBLE * (rl::DOUBLE / ro) AS wr,
    0.30::DOUBLE * ((pl + pm)::DOUBLE / 120) + 0.20::DOUBLE * ((sl + sm)::DOUBLE / 120)
      + 0.25::DOUBLE * ((fl + fm)::DOUBLE / 140) + 0.25::DOUBLE * (rl::DOUBLE / ro) AS coverage,
    pl + pm < 120 OR sl + sm < 120 OR fl + fm < 140 OR rl < ro AS gap,
    0.30::DOUBLE * (100 * pp::DOUBLE / 120) + 0.20::DOUBLE * (100 * sp::DOUBLE / 120)
      + 0.25::DOUBLE * (100 * fp::DOUBLE / 140) + 0.25::DOUBLE * (100 * rp::DOUBLE / ro) AS worst,
    0.30::DOUBLE * (100 * (pp + 120 - pl - pm)::DOUBLE / 120) + 0.20::DOUBLE * (100 * (sp + 120 - sl - sm)::DOUBLE / 120)
      + 0.25::DOUBLE * (100 * (fp + 140 - fl - fm)::DOUBLE / 140) + 0.25::DOUBLE * (100 * (rp + ro - rl)::DOUBLE / ro) AS best
  FROM sums
), weighed AS (
  SELECT *, CASE WHEN coverage >= 0.5999999995 THEN wp + ws + wf + wr END AS w FROM pillar
), composite AS (
  SELECT *,
    CASE WHEN w > 0 THEN coalesce(wp / w * product, 0) + coalesce(ws / w * support, 0)
      + coalesce(wf / w * financial, 0) + coalesce(wr / w * relationship, 0) END AS composite
  FROM weighed
), scored AS ( -- half up to tenths, the last bits of the sum rounded away
  SELECT *, floor((round(composite * 1e9) + 5e7) / 1e8)::INTEGER AS tenths,
    CASE WHEN gap THEN floor((round(least(composite, worst) * 1e9) + 5e7) / 1e8) ELSE floor((round(composite * 1e9) + 5e7) / 1e8) END::INTEGER AS low,
    CASE WHEN gap THEN floor((round(greatest(composite, best) * 1e9) + 5e7) / 1e8) ELSE floor((round(composite * 1e9) + 5e7) / 1e8) END::INTEGER AS high
  FROM composite
)
SELECT account_id, product AS pillar_product, support AS pillar_support, financial AS pillar_financial, relationship AS pillar_relationship,
  composite, tenths / 10::DOUBLE AS score, tenths // 10 AS headline,
  CASE WHEN tenths IS NULL THEN 'Not scored' WHEN tenths >= 800 AND coverage >= 0.7499999995 THEN 'Healthy'
    WHEN tenths >= 600 THEN 'Monitor' WHEN tenths >= 400 THEN 'At Risk' ELSE 'Critical' END AS status,
  coverage,
  CASE WHEN tenths IS NOT NULL THEN low / 10::DOUBLE END AS score_low,
  CASE WHEN tenths IS NOT NULL THEN high / 10::DOUBLE END AS score_high
FROM scored
) TO '{output}' (FORMAT parquet, COMPRESSION snappy)
