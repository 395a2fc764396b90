-- control.decision: outcome and grounds of the persons in both selections. Those of everybody else stay in the lake:
-- most of them are Belgian or settled.
-- Grain: one row per person of the intersection. Inputs: decisions, intersection. Contract section 5.1.

SELECT decisions.*
FROM decisions
SEMI JOIN intersection ON intersection.insz = CAST(decisions.insz AS BIGINT)
