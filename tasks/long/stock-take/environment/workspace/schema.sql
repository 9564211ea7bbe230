-- overhang canary ee05c91ac3588dfcd3519655c16c68bc
-- Cents. Only the latest content of an item is kept.
CREATE TABLE item (number INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER NOT NULL, unit TEXT NOT NULL);
-- amount: negative for what went out. at: UTC, as YYYY-MM-DD HH:MM:SS.
CREATE TABLE move (id TEXT PRIMARY KEY, item INTEGER NOT NULL, amount INTEGER NOT NULL, at TEXT NOT NULL);
-- The latest count, all places of an item together.
CREATE TABLE count (item INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
-- 'counted': when, like move.at
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
-- Of the latest load. line: where the row begins in the file, from 1.
CREATE TABLE reject (file TEXT NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL);
