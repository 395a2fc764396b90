-- rejects: control.rejects as it is; rows rejected are exact.
-- Grain: one row per source and reason. Input: exact_rejects (sql/dvz_database/rejects.sql). Contract section 5.2.

SELECT * FROM exact_rejects
