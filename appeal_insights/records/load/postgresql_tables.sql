-- Which tables and views of a PostgreSQL database may be read by who asks?
--
-- reads   information_schema.tables
-- gives   name   schema.table, and the table alone where no schema has to be said

select table_schema || '.' || table_name as name
from information_schema.tables
where table_schema not in ('pg_catalog', 'information_schema')

union all

select table_name
from information_schema.tables
where table_schema = any (current_schemas(false))

order by name
