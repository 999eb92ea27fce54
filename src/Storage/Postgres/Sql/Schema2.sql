-- From version 1 to version 2: what the silos of the cluster know and no client, so that they need no file of their own to share it.
CREATE TABLE coke.silo_secret
(
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    secret   bytea   NOT NULL
);
REVOKE ALL ON coke.silo_secret FROM PUBLIC;
