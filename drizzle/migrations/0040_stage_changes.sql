CREATE TABLE "stage_changes" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"source_id" text NOT NULL,
	"source_created_at" timestamp with time zone,
	"source_updated_at" timestamp with time zone,
	"content_hash" "bytea" NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"deleted_because" text,
	"custom" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"repairs" text,
	"opportunity_id" uuid,
	"stage_id" uuid,
	"stage_name" text,
	"amount_minor" bigint,
	"currency" text,
	"expected_close_on" date,
	"happened_at" timestamp with time zone,
	CONSTRAINT "stage_changes_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE INDEX "stage_changes_of_opportunity" ON "stage_changes" USING btree ("tenant_id","opportunity_id","happened_at");
--> statement-breakpoint
SELECT app.protect('stage_changes'::regclass);
--> statement-breakpoint
-- The worker copies it, people read it; like every copied record it is never deleted.
GRANT SELECT, INSERT, UPDATE ON stage_changes TO tidemark_worker;
--> statement-breakpoint
GRANT SELECT ON stage_changes TO tidemark_web;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION app.analyze_records() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  ANALYZE pipelines, stages, owners, lead_sources, companies, contacts, leads, opportunities, stage_changes, notes, activities, quarantine;
END $$;
