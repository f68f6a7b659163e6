-- The tables that every store has, beside one per fact.

create table about (key varchar primary key, value varchar not null);

-- rows_read = rows_new + rows_changed + rows_unchanged + rows_rejected
create table loads (
    load_id integer not null,
    fact varchar not null,
    source varchar not null,             -- the file's name, without its folder
    source_digest varchar not null,
    loaded_at timestamp not null,
    backfilled boolean not null,         -- the first load: known_from follows the events, not the load
    rows_read bigint not null,
    rows_new bigint not null,
    rows_changed bigint not null,
    rows_unchanged bigint not null,
    rows_rejected bigint not null
);

-- one row per problem of a rejected row
create table rejects (
    load_id integer not null,
    fact varchar not null,
    source varchar not null,
    source_row bigint not null,          -- 1 is the first row below the header
    source_column varchar,
    value varchar,
    reason varchar not null
);
