-- overhang canary ebc2d9338f38dcb7e0a8e1aabf37ebf9
-- Per site: how many windows were open at most, counted at the start of each, and when that was the case first.
WITH level AS (
    SELECT w.site, w.start AS at,
           (SELECT count(*) FROM maintenance o WHERE o.site = w.site AND o.start <= w.start AND o."end" > w.start) AS n
    FROM maintenance w
), most AS (
    SELECT site, max(n) AS n FROM level GROUP BY site
)
SELECT m.site, m.n, (SELECT min(l.at) FROM level l WHERE l.site = m.site AND l.n = m.n)
FROM most m
ORDER BY m.site;
