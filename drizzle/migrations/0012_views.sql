-- Every state an opportunity has had, the present one with an open end.
CREATE VIEW opportunity_history WITH (security_invoker = true) AS
  SELECT tenant_id, opportunity_id, valid_from, valid_to, snapshot_id, source_updated_at, title, owner_id, pipeline_id,
    stage_id, stage_name, status, amount_minor, currency, probability, expected_close_on, units, weighted_fee_minor, deleted_at
  FROM opportunity_versions
  UNION ALL
  SELECT tenant_id, id, changed_at, NULL, snapshot_id, source_updated_at, title, owner_id, pipeline_id,
    stage_id, stage_name, status, amount_minor, currency, probability, expected_close_on, units, weighted_fee_minor, deleted_at
  FROM opportunities;
--> statement-breakpoint
GRANT SELECT ON opportunity_history TO tidemark_web, tidemark_worker;
