CREATE TABLE "quarantine" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"item_index" integer NOT NULL,
	"source_id" text,
	"content_hash" "bytea" NOT NULL,
	"reason" text NOT NULL,
	"path" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"resolved_at" timestamp with time zone,
	CONSTRAINT "quarantine_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
-- A UUID v7 begins with its time, so a range of ids is a month, and the primary key need not carry a date.
CREATE TABLE "raw_snapshots" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"seq" integer NOT NULL,
	"fence" bigint NOT NULL,
	"request" jsonb NOT NULL,
	"cursor" text NOT NULL,
	"status" integer NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"sha256" "bytea" NOT NULL,
	"byte_length" integer NOT NULL,
	"records" integer NOT NULL,
	"body" "bytea" NOT NULL,
	CONSTRAINT "raw_snapshots_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
) PARTITION BY RANGE ("id");
--> statement-breakpoint
CREATE UNIQUE INDEX "quarantine_once" ON "quarantine" USING btree ("tenant_id","connection_id","stream","content_hash") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "raw_snapshots_by_stream" ON "raw_snapshots" USING btree ("tenant_id","connection_id","stream","id");--> statement-breakpoint
-- The pages are compressed before they come here; compressing them again would only cost time.
ALTER TABLE "raw_snapshots" ALTER COLUMN "body" SET STORAGE EXTERNAL;
