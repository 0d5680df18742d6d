CREATE TABLE "lead_metrics" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"as_of" timestamp with time zone NOT NULL,
	"source" text NOT NULL,
	"stage_id" uuid,
	"stage_name" text NOT NULL,
	"is_qualified" boolean NOT NULL,
	"is_prospect" boolean NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "lead_metrics_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "pipeline_stage_counts" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"as_of" timestamp with time zone NOT NULL,
	"stage_id" uuid,
	"stage_name" text NOT NULL,
	"status" text NOT NULL,
	"currency" text,
	"count" bigint NOT NULL,
	"amount_minor" numeric NOT NULL,
	CONSTRAINT "pipeline_stage_counts_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE INDEX "lead_metrics_by_run" ON "lead_metrics" USING btree ("tenant_id","connection_id","as_of" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "pipeline_stage_counts_by_run" ON "pipeline_stage_counts" USING btree ("tenant_id","connection_id","as_of" DESC NULLS LAST);