-- overhang canary ebc2d9338f38dcb7e0a8e1aabf37ebf9
CREATE TABLE sensor (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
-- at: seconds. Readings arrive in any order.
CREATE TABLE reading (id INTEGER PRIMARY KEY, sensor_id INTEGER NOT NULL, at INTEGER NOT NULL, value INTEGER NOT NULL);
-- Open from start up to, and not at, "end".
CREATE TABLE maintenance (id INTEGER PRIMARY KEY, site TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL);
