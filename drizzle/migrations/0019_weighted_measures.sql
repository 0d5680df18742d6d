ALTER TABLE "pipeline_stage_counts" ADD COLUMN "weighted_minor" numeric;--> statement-breakpoint
-- The agency's list shows it, and needs the likelihoods of stages no more; of activities it counts those of complete connections.
GRANT SELECT (weighted_minor) ON pipeline_stage_counts TO tidemark_person;
--> statement-breakpoint
GRANT SELECT (connection_id) ON activities TO tidemark_person;
--> statement-breakpoint
DROP POLICY own_rows ON stages;
--> statement-breakpoint
REVOKE SELECT (tenant_id, id, probability) ON stages FROM tidemark_person;
