-- The foreign key stands with its table: added later it would be checked, by an owner who sees no tenant's rows.
CREATE TABLE "quota_days" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"day" date NOT NULL,
	"used" bigint DEFAULT 0 NOT NULL,
	"told_limit" bigint,
	"updated_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "quota_days_tenant_id_connection_id_day_pk" PRIMARY KEY("tenant_id","connection_id","day"),
	CONSTRAINT "quota_days_used" CHECK ("quota_days"."used" >= 0),
	CONSTRAINT "quota_days_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "sync_run_streams" DROP CONSTRAINT "sync_run_streams_status";--> statement-breakpoint
ALTER TABLE "sync_run_streams" DROP CONSTRAINT "sync_run_streams_error_code";--> statement-breakpoint
ALTER TABLE "sync_runs" DROP CONSTRAINT "sync_runs_error_code";--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "quota_share" double precision DEFAULT 0.2 NOT NULL;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "quota_limit" bigint;--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_quota" CHECK ("connections"."quota_share" > 0 and "connections"."quota_share" <= 1 and ("connections"."quota_limit" is null or "connections"."quota_limit" > 0));--> statement-breakpoint
ALTER TABLE "sync_run_streams" ADD CONSTRAINT "sync_run_streams_status" CHECK ("sync_run_streams"."status" in ('running', 'success', 'partial', 'suspect', 'failed', 'paused', 'not_synced'));--> statement-breakpoint
ALTER TABLE "sync_run_streams" ADD CONSTRAINT "sync_run_streams_error_code" CHECK ("sync_run_streams"."error_code" in ('E_AUTH_REVOKED', 'E_RATE_LIMITED', 'E_QUOTA_SHARE', 'E_CRM_DOWN', 'E_CRM_BAD_REPLY', 'E_PAGING_LOOP', 'E_SHORT_READ', 'E_PERMISSION', 'E_MASS_ABSENCE', 'E_QUARANTINE', 'E_SETTINGS', 'E_CAPACITY', 'E_INTERNAL'));--> statement-breakpoint
ALTER TABLE "sync_runs" ADD CONSTRAINT "sync_runs_error_code" CHECK ("sync_runs"."error_code" in ('E_AUTH_REVOKED', 'E_RATE_LIMITED', 'E_QUOTA_SHARE', 'E_CRM_DOWN', 'E_CRM_BAD_REPLY', 'E_PAGING_LOOP', 'E_SHORT_READ', 'E_PERMISSION', 'E_MASS_ABSENCE', 'E_QUARANTINE', 'E_SETTINGS', 'E_CAPACITY', 'E_INTERNAL'));