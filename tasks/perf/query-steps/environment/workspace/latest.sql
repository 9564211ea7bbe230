-- overhang canary ebc2d9338f38dcb7e0a8e1aabf37ebf9
-- The newest reading of each sensor; of several in one second, the one with the highest id.
SELECT s.name, r.at, r.value
FROM sensor s
JOIN reading r ON r.sensor_id = s.id
WHERE NOT EXISTS (
    SELECT 1 FROM reading n
    WHERE n.sensor_id = s.id AND (n.at > r.at OR (n.at = r.at AND n.id > r.id))
)
ORDER BY s.name, s.id;
