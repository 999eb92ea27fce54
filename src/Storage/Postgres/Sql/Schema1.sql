-- From an empty schema coke to version 1.
CREATE TABLE coke.coke_schema (version integer NOT NULL);
INSERT INTO coke.coke_schema (version) VALUES (0);

-- Orleans' providers read their statements from here at start; every start writes what differs.
CREATE TABLE coke.orleansquery (querykey text PRIMARY KEY, querytext text NOT NULL);

-- One row per grain and state.
CREATE TABLE coke.grain_state
(
    n0        bigint  NOT NULL, -- a Guid or number key, else 0
    n1        bigint  NOT NULL,
    id_hash   integer NOT NULL,
    type_hash integer NOT NULL,
    version   integer NOT NULL, -- the ETag
    service   text    NOT NULL,
    state     text    NOT NULL, -- the name of the state; the grain's type is in the hashes only, see ExactKeyHasher
    extension text    NOT NULL, -- a text key as it is, or what follows a number in a compound key; '' where there is none
    payload   bytea             -- null: cleared
)
-- Rows are overwritten at every checkpoint. The free half of a page takes the next version beside the last one, so that the key's index
-- is left alone; what was overwritten is given free as soon as the autovacuum looks, without pauses: the payloads lie in the TOAST table,
-- and waiting for a fifth of it to be dead, as by default, would let it grow by that much.
WITH
(
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0,
    toast.autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_threshold = 2000, toast.autovacuum_vacuum_cost_delay = 0
);

-- Floats do not compress: to try costs more CPU than writing them.
ALTER TABLE coke.grain_state ALTER COLUMN payload SET STORAGE EXTERNAL;

-- The hashes come first because they tell rows apart best; the rest decides where they collide.
CREATE UNIQUE INDEX grain_state_key ON coke.grain_state (id_hash, type_hash, n0, n1, extension, state, service);

-- The silos of a cluster: Orleans' membership protocol compares and swaps the version.
CREATE TABLE coke.membership (cluster text PRIMARY KEY, version integer NOT NULL DEFAULT 0);

CREATE TABLE coke.member
(
    cluster      text        NOT NULL REFERENCES coke.membership ON DELETE CASCADE,
    address      text        NOT NULL,
    port         integer     NOT NULL,
    generation   integer     NOT NULL,
    silo         text        NOT NULL,
    host         text        NOT NULL,
    status       integer     NOT NULL,
    gateway_port integer,
    suspects     text,
    started      timestamptz NOT NULL,
    alive        timestamptz NOT NULL,
    PRIMARY KEY (cluster, address, port, generation)
);

-- For people and their tools: what every committed epoch left of every cluster. Filled after the commit; nothing reads it back.
CREATE TABLE coke.cluster_size
(
    run     text             NOT NULL, -- the run's id, NAME~..., which is never used again
    head    integer          NOT NULL,
    epoch   integer          NOT NULL,
    cluster integer          NOT NULL,
    size    bigint           NOT NULL, -- members in this epoch
    dual    double precision NOT NULL, -- rho at its end
    PRIMARY KEY (run, head, epoch, cluster)
);
