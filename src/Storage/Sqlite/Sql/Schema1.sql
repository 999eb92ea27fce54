-- From an empty file to schema 1.
CREATE TABLE coke_schema (version INTEGER NOT NULL);
INSERT INTO coke_schema (version) VALUES (0);

-- Orleans' provider reads its statements from here at start; every start writes them anew.
CREATE TABLE OrleansQuery (QueryKey TEXT PRIMARY KEY, QueryText TEXT NOT NULL) WITHOUT ROWID;

-- One row per grain and state. The payload comes last: the columns before it stay on the row's own page.
CREATE TABLE grain_state
(
    service   TEXT    NOT NULL,
    state     TEXT    NOT NULL, -- the name of the state; the grain's type is in the hashes only, see ExactKeyHasher
    extension TEXT    NOT NULL, -- a text key as it is, or what follows a number in a compound key; '' where there is none
    n0        INTEGER NOT NULL, -- a Guid or number key, else 0
    n1        INTEGER NOT NULL,
    id_hash   INTEGER NOT NULL,
    type_hash INTEGER NOT NULL,
    version   INTEGER NOT NULL, -- the ETag
    payload   BLOB              -- null: cleared
);

-- The hashes come first because they tell rows apart best; the rest decides where they collide.
CREATE UNIQUE INDEX grain_state_key ON grain_state (id_hash, type_hash, n0, n1, extension, state, service);
