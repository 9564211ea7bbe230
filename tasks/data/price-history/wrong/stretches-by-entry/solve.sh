#!/bin/bash
# overhang canary 9888344100c18ccd479c4c13ed90d488
# Stretches with one price are joined only if the pieces come from one entry.
set -e
cat > asof.sql <<"END"
-- overhang canary 9888344100c18ccd479c4c13ed90d488
SELECT q.product, q.day, q.believed,
       (SELECT e.price FROM entry e
        WHERE e.product = q.product AND e.known <= q.believed AND q.day BETWEEN e.first AND coalesce(e.last, '9999-12-31')
        ORDER BY e.known DESC, e.id DESC LIMIT 1)
FROM question q
ORDER BY q.product, q.day, q.believed;
END
cat > today.sql <<"END"
-- overhang canary 9888344100c18ccd479c4c13ed90d488
WITH proper AS (
    SELECT product, first, coalesce(last, '9999-12-31') AS last FROM entry WHERE first <= coalesce(last, '9999-12-31')
), cut AS (
    SELECT product, first AS day FROM proper
    UNION
    SELECT product, date(last, '+1 day') FROM proper WHERE last < '9999-12-31'
), piece AS (
    SELECT product, day AS first,
           coalesce(date(lead(day) OVER (PARTITION BY product ORDER BY day), '-1 day'), '9999-12-31') AS last,
           (SELECT e.price FROM entry e
            WHERE e.product = cut.product AND cut.day BETWEEN e.first AND coalesce(e.last, '9999-12-31')
            ORDER BY e.known DESC, e.id DESC LIMIT 1) AS price
    FROM cut
), marked AS (
    SELECT *, (SELECT e.id FROM entry e
            WHERE e.product = piece.product AND piece.first BETWEEN e.first AND coalesce(e.last, '9999-12-31')
            ORDER BY e.known DESC, e.id DESC LIMIT 1) IS NOT lag((SELECT e.id FROM entry e
            WHERE e.product = piece.product AND piece.first BETWEEN e.first AND coalesce(e.last, '9999-12-31')
            ORDER BY e.known DESC, e.id DESC LIMIT 1)) OVER (PARTITION BY product ORDER BY first) AS fresh FROM piece
), numbered AS (
    SELECT *, sum(fresh) OVER (PARTITION BY product ORDER BY first) AS stretch FROM marked
)
SELECT product, min(first), max(last), price
FROM numbered
WHERE price IS NOT NULL
GROUP BY product, stretch
ORDER BY product, min(first);
END
cat > corrections.sql <<"END"
-- overhang canary 9888344100c18ccd479c4c13ed90d488
WITH known AS (
    SELECT s.*, s.quantity * (SELECT e.price FROM entry e
        WHERE e.product = s.product AND s.day BETWEEN e.first AND coalesce(e.last, '9999-12-31')
        ORDER BY e.known DESC, e.id DESC LIMIT 1) AS amount
    FROM sale s
)
SELECT product, id, charged, amount, amount - charged
FROM known
WHERE amount <> charged
ORDER BY product, abs(amount - charged) DESC, id;
END
