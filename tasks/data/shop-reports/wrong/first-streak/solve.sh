#!/bin/bash
# overhang canary d5916eb20d34ab9e84a3e43b28bff0d4
# Two orders on one day break a streak, and of equal streaks the earliest is taken.
set -e
cat > monthly.sql <<'END'
-- overhang canary d5916eb20d34ab9e84a3e43b28bff0d4
WITH RECURSIVE
month(m, last) AS (
    SELECT strftime('%Y-%m-01', min(placed_at)), strftime('%Y-%m-01', max(placed_at)) FROM purchase
    UNION ALL
    SELECT date(m, '+1 month'), last FROM month WHERE m < last
),
sold(m, orders) AS (
    SELECT strftime('%Y-%m-01', placed_at), count(*)
    FROM purchase WHERE status <> 'cancelled' GROUP BY 1
),
earned(m, gross) AS (
    SELECT strftime('%Y-%m-01', placed_at), sum(quantity * unit_price)
    FROM purchase JOIN item ON purchase_id = id WHERE status <> 'cancelled' GROUP BY 1
),
returned(m, refunds) AS (
    SELECT strftime('%Y-%m-01', paid_at), sum(amount) FROM refund GROUP BY 1
),
total AS (
    SELECT m, coalesce(orders, 0) AS orders, coalesce(gross, 0) AS gross, coalesce(refunds, 0) AS refunds
    FROM month LEFT JOIN sold USING (m) LEFT JOIN earned USING (m) LEFT JOIN returned USING (m)
    WHERE m IS NOT NULL
)
SELECT substr(m, 1, 7), orders, gross, refunds, gross - refunds,
       sum(gross - refunds) OVER (ORDER BY m)
FROM total ORDER BY m;
END
cat > best.sql <<'END'
-- overhang canary d5916eb20d34ab9e84a3e43b28bff0d4
WITH
gross AS (SELECT purchase_id, sum(quantity * unit_price) AS cents FROM item GROUP BY 1),
back AS (SELECT purchase_id, sum(amount) AS cents FROM refund GROUP BY 1),
spending AS (
    SELECT c.id, c.name, coalesce(c.region, '(none)') AS region,
           coalesce(sum(coalesce(g.cents, 0) - coalesce(b.cents, 0)), 0) AS spent
    FROM customer c
    LEFT JOIN purchase p ON p.customer_id = c.id AND p.status <> 'cancelled'
    LEFT JOIN gross g ON g.purchase_id = p.id
    LEFT JOIN back b ON b.purchase_id = p.id
    GROUP BY c.id
),
placed AS (
    SELECT *, dense_rank() OVER (PARTITION BY region ORDER BY spent DESC) AS place FROM spending
)
SELECT region, place, name, spent FROM placed WHERE place <= 2 ORDER BY region, place, name, id;
END
cat > streaks.sql <<'END'
-- overhang canary d5916eb20d34ab9e84a3e43b28bff0d4
WITH
day AS (
    SELECT customer_id, date(placed_at) AS d FROM purchase WHERE status <> 'cancelled'
),
marked AS (
    SELECT customer_id, d,
           julianday(d) - row_number() OVER (PARTITION BY customer_id ORDER BY d) AS island
    FROM day
),
run AS (
    SELECT customer_id, min(d) AS first, max(d) AS last, count(*) AS days
    FROM marked GROUP BY customer_id, island
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY customer_id ORDER BY days DESC, last) AS n FROM run
)
SELECT name, first, last, days
FROM ranked JOIN customer ON id = customer_id
WHERE n = 1 AND days > 1
ORDER BY days DESC, name, id;
END
