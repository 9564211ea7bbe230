-- overhang canary d5916eb20d34ab9e84a3e43b28bff0d4
CREATE TABLE customer (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,        -- not unique
    region  TEXT                  -- NULL if unknown
);

CREATE TABLE purchase (           -- one row per order
    id          INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customer(id),
    placed_at   TEXT NOT NULL,    -- 'YYYY-MM-DD HH:MM:SS', local time of the shop
    status      TEXT NOT NULL     -- 'open', 'shipped' or 'cancelled'
);

CREATE TABLE item (               -- an order has any number of items, also none
    purchase_id INTEGER NOT NULL REFERENCES purchase(id),
    product     TEXT NOT NULL,
    quantity    INTEGER NOT NULL,
    unit_price  INTEGER NOT NULL  -- cents
);

CREATE TABLE refund (             -- an order may be refunded several times
    purchase_id INTEGER NOT NULL REFERENCES purchase(id),
    paid_at     TEXT NOT NULL,    -- as placed_at
    amount      INTEGER NOT NULL  -- cents
);
