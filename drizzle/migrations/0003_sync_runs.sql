CREATE TABLE "stream_cursors" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"cursor" text,
	"scan_start" timestamp with time zone,
	"is_resumed" boolean DEFAULT false NOT NULL,
	"fresh_at" timestamp with time zone,
	"last_full_at" timestamp with time zone,
	"watermark" timestamp with time zone,
	"absent_digest" text,
	"absent_count" bigint,
	"fence" bigint NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "stream_cursors_tenant_id_connection_id_stream_pk" PRIMARY KEY("tenant_id","connection_id","stream")
);
--> statement-breakpoint
CREATE TABLE "sync_run_streams" (
	"tenant_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"connection_id" uuid NOT NULL,
	"status" text NOT NULL,
	"pages" integer DEFAULT 0 NOT NULL,
	"fetched" bigint DEFAULT 0 NOT NULL,
	"created" bigint DEFAULT 0 NOT NULL,
	"updated" bigint DEFAULT 0 NOT NULL,
	"unchanged" bigint DEFAULT 0 NOT NULL,
	"stale" bigint DEFAULT 0 NOT NULL,
	"quarantined" bigint DEFAULT 0 NOT NULL,
	"retired" bigint DEFAULT 0 NOT NULL,
	"cursor_from" text,
	"cursor_to" text,
	"crm_count" bigint,
	"our_count" bigint,
	"is_complete" boolean DEFAULT false NOT NULL,
	"unknown_fields" text[],
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"error_code" text,
	"error_public" text,
	"error_detail" text,
	CONSTRAINT "sync_run_streams_tenant_id_run_id_stream_pk" PRIMARY KEY("tenant_id","run_id","stream"),
	CONSTRAINT "sync_run_streams_status" CHECK ("sync_run_streams"."status" in ('running', 'success', 'partial', 'suspect', 'failed', 'not_synced')),
	CONSTRAINT "sync_run_streams_error_code" CHECK ("sync_run_streams"."error_code" in ('E_AUTH_REVOKED', 'E_RATE_LIMITED', 'E_CRM_DOWN', 'E_CRM_BAD_REPLY', 'E_PAGING_LOOP', 'E_SHORT_READ', 'E_PERMISSION', 'E_MASS_ABSENCE', 'E_QUARANTINE', 'E_SETTINGS', 'E_CAPACITY', 'E_INTERNAL'))
);
--> statement-breakpoint
CREATE TABLE "sync_runs" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"trigger" text NOT NULL,
	"slot_at" timestamp with time zone,
	"missed_slots" integer DEFAULT 0 NOT NULL,
	"streams" text[],
	"full" boolean DEFAULT false NOT NULL,
	"accept_absence" boolean DEFAULT false NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"verdict" text,
	"fence" bigint,
	"worker" text,
	"queued_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"heartbeat_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"pages" integer DEFAULT 0 NOT NULL,
	"fetched" bigint DEFAULT 0 NOT NULL,
	"created" bigint DEFAULT 0 NOT NULL,
	"updated" bigint DEFAULT 0 NOT NULL,
	"unchanged" bigint DEFAULT 0 NOT NULL,
	"stale" bigint DEFAULT 0 NOT NULL,
	"quarantined" bigint DEFAULT 0 NOT NULL,
	"retired" bigint DEFAULT 0 NOT NULL,
	"requests" integer DEFAULT 0 NOT NULL,
	"retries" integer DEFAULT 0 NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"error_code" text,
	"error_public" text,
	"error_detail" text,
	CONSTRAINT "sync_runs_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "sync_runs_status" CHECK ("sync_runs"."status" in ('queued', 'running', 'success', 'partial', 'suspect', 'failed', 'abandoned', 'cancelled')),
	CONSTRAINT "sync_runs_trigger" CHECK ("sync_runs"."trigger" in ('schedule', 'person', 'command')),
	CONSTRAINT "sync_runs_error_code" CHECK ("sync_runs"."error_code" in ('E_AUTH_REVOKED', 'E_RATE_LIMITED', 'E_CRM_DOWN', 'E_CRM_BAD_REPLY', 'E_PAGING_LOOP', 'E_SHORT_READ', 'E_PERMISSION', 'E_MASS_ABSENCE', 'E_QUARANTINE', 'E_SETTINGS', 'E_CAPACITY', 'E_INTERNAL')),
	CONSTRAINT "sync_runs_end" CHECK (("sync_runs"."status" in ('queued', 'running')) = ("sync_runs"."finished_at" is null)
        and ("sync_runs"."status" not in ('failed', 'abandoned') or "sync_runs"."error_code" is not null))
);
--> statement-breakpoint
CREATE TABLE "workers" (
	"id" text PRIMARY KEY NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"beat_at" timestamp with time zone NOT NULL,
	"clock_skew_ms" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "stream_cursors" ADD CONSTRAINT "stream_cursors_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync_run_streams" ADD CONSTRAINT "sync_run_streams_tenant_id_run_id_sync_runs_tenant_id_id_fk" FOREIGN KEY ("tenant_id","run_id") REFERENCES "public"."sync_runs"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync_runs" ADD CONSTRAINT "sync_runs_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sync_run_streams_recent" ON "sync_run_streams" USING btree ("tenant_id","connection_id","stream","started_at" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "sync_runs_one_per_slot" ON "sync_runs" USING btree ("tenant_id","connection_id","slot_at") WHERE slot_at is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "sync_runs_one_running" ON "sync_runs" USING btree ("tenant_id","connection_id") WHERE status = 'running';--> statement-breakpoint
CREATE INDEX "sync_runs_open" ON "sync_runs" USING btree ("status","queued_at") WHERE status in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "sync_runs_recent" ON "sync_runs" USING btree ("tenant_id","connection_id","queued_at" DESC NULLS LAST);