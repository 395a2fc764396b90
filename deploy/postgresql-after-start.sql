-- Once Dagster has made its tables. A page that shows which partitions are materialised remembers what it has counted;
-- that is all that the web server for readers may write. The name of the storage else comes with the first page.
GRANT UPDATE (cached_status_data) ON asset_keys TO "dvz-web-readonly";
INSERT INTO instance_info (run_storage_id) SELECT gen_random_uuid() WHERE NOT EXISTS (SELECT FROM instance_info);
