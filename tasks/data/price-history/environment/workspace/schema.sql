-- overhang canary 9888344100c18ccd479c4c13ed90d488
-- From `first` to `last` (both included; no last: without end) `product` costs `price` (NULL: it is not sold),
-- as we came to know on the day `known`.
CREATE TABLE entry (id INTEGER PRIMARY KEY, product TEXT NOT NULL, first TEXT NOT NULL, last TEXT, price INTEGER, known TEXT NOT NULL);
CREATE TABLE sale (id INTEGER PRIMARY KEY, product TEXT NOT NULL, day TEXT NOT NULL, quantity INTEGER NOT NULL, charged INTEGER NOT NULL);
CREATE TABLE question (product TEXT NOT NULL, day TEXT NOT NULL, believed TEXT NOT NULL);
