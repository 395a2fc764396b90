-- Roles for Dagster's state: each user of the machine comes in as itself, over the Unix socket and without a password
-- (pg_hba.conf: local dagster all peer). What one of them makes belongs to all; the last one only reads, but for postgresql-after-start.sql.
CREATE ROLE dvz NOLOGIN;
CREATE DATABASE dagster OWNER dvz;
REVOKE ALL ON DATABASE dagster FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE dagster TO dvz;

CREATE ROLE "dvz-flow" LOGIN IN ROLE dvz;
CREATE ROLE "dvz-daemon" LOGIN IN ROLE dvz;
CREATE ROLE "dvz-web" LOGIN IN ROLE dvz;
ALTER ROLE "dvz-flow" SET role = 'dvz';
ALTER ROLE "dvz-daemon" SET role = 'dvz';
ALTER ROLE "dvz-web" SET role = 'dvz';

CREATE ROLE "dvz-web-readonly" LOGIN IN ROLE pg_read_all_data;
GRANT CONNECT ON DATABASE dagster TO "dvz-web-readonly";
