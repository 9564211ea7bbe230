-- overhang canary ebc2d9338f38dcb7e0a8e1aabf37ebf9
-- Readings that came more than an hour after the one before.
SELECT r.sensor_id, (SELECT max(p.at) FROM reading p WHERE p.sensor_id = r.sensor_id AND p.at < r.at) AS before, r.at
FROM reading r
WHERE r.at - before > 3600
ORDER BY r.sensor_id, r.at;
