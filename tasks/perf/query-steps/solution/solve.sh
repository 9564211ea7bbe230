#!/bin/bash
# overhang canary ebc2d9338f38dcb7e0a8e1aabf37ebf9
set -e
cat > indexes.sql <<"END"
-- overhang canary ebc2d9338f38dcb7e0a8e1aabf37ebf9
CREATE INDEX reading_by_time ON reading (sensor_id, at, id);
END
cat > latest.sql <<"END"
-- overhang canary ebc2d9338f38dcb7e0a8e1aabf37ebf9
SELECT s.name, r.at, r.value
FROM sensor s
JOIN reading r ON r.id = (SELECT n.id FROM reading n WHERE n.sensor_id = s.id ORDER BY n.at DESC, n.id DESC LIMIT 1)
ORDER BY s.name, s.id;
END
cat > gaps.sql <<"END"
-- overhang canary ebc2d9338f38dcb7e0a8e1aabf37ebf9
SELECT r.sensor_id, (SELECT max(p.at) FROM reading p WHERE p.sensor_id = r.sensor_id AND p.at < r.at) AS before, r.at
FROM reading r
WHERE r.at - before > 3600
ORDER BY r.sensor_id, r.at;
END
cat > busiest.sql <<"END"
-- overhang canary ebc2d9338f38dcb7e0a8e1aabf37ebf9
WITH change AS (
    SELECT site, start AS at, 1 AS starts, 1 AS net FROM maintenance
    UNION ALL
    SELECT site, "end", 0, -1 FROM maintenance
), moment AS (
    SELECT site, at, sum(starts) AS starts, sum(net) AS net FROM change GROUP BY site, at
), level AS (
    SELECT site, at, starts, sum(net) OVER (PARTITION BY site ORDER BY at) AS n FROM moment
)
SELECT site, n, at FROM (
    SELECT site, n, at, row_number() OVER (PARTITION BY site ORDER BY n DESC, at) AS place FROM level WHERE starts > 0
) WHERE place = 1 ORDER BY site;
END
