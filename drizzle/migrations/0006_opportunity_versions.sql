CREATE TABLE "opportunity_versions" (
	"tenant_id" uuid NOT NULL,
	"opportunity_id" uuid NOT NULL,
	"valid_from" timestamp with time zone NOT NULL,
	"valid_to" timestamp with time zone NOT NULL,
	"run_id" uuid NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"source_updated_at" timestamp with time zone,
	"title" text,
	"owner_id" uuid,
	"pipeline_id" uuid,
	"stage_id" uuid,
	"stage_name" text,
	"status" text NOT NULL,
	"amount_minor" bigint,
	"currency" text,
	"probability" numeric(5, 4),
	"expected_close_on" date,
	"units" integer,
	"weighted_fee_minor" bigint,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "opportunity_versions_tenant_id_opportunity_id_valid_from_pk" PRIMARY KEY("tenant_id","opportunity_id","valid_from")
);
--> statement-breakpoint
CREATE INDEX "opportunity_versions_by_end" ON "opportunity_versions" USING btree ("tenant_id","valid_to");