-- Foreign keys stand with their tables: added later they would be checked, by an owner who sees no tenant's rows.
CREATE TABLE "nudges" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT app.uuid_v7() NOT NULL,
	"connection_id" uuid NOT NULL,
	"event_key" text NOT NULL,
	"stream" text NOT NULL,
	"source_id" text NOT NULL,
	"received_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"settled_at" timestamp with time zone,
	"run_id" uuid,
	CONSTRAINT "nudges_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "nudges_once" UNIQUE("tenant_id","connection_id","event_key"),
	CONSTRAINT "nudges_settled" CHECK (("nudges"."settled_at" is null) = ("nudges"."run_id" is null)),
	CONSTRAINT "nudges_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "webhook_addresses" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"salt" "bytea" NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"account" text NOT NULL,
	"signing_key_id" text,
	"signing_sealed" "bytea",
	"made_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"last_received_at" timestamp with time zone,
	CONSTRAINT "webhook_addresses_tenant_id_connection_id_pk" PRIMARY KEY("tenant_id","connection_id"),
	CONSTRAINT "webhook_addresses_signing" CHECK (("webhook_addresses"."signing_key_id" is null) = ("webhook_addresses"."signing_sealed" is null)),
	CONSTRAINT "webhook_addresses_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "sync_runs" DROP CONSTRAINT "sync_runs_trigger";--> statement-breakpoint
DROP INDEX "sync_run_streams_recent";--> statement-breakpoint
ALTER TABLE "sync_run_streams" ADD COLUMN "is_look" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "nudges_waiting" ON "nudges" USING btree ("tenant_id","connection_id","received_at") WHERE "nudges"."settled_at" is null;--> statement-breakpoint
CREATE INDEX "nudges_age" ON "nudges" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "webhook_addresses_token" ON "webhook_addresses" USING btree ("token_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "sync_runs_one_nudge" ON "sync_runs" USING btree ("tenant_id","connection_id") WHERE status = 'queued' and trigger = 'nudge';--> statement-breakpoint
CREATE INDEX "sync_runs_nudged" ON "sync_runs" USING btree ("tenant_id","connection_id","queued_at" DESC NULLS LAST) WHERE trigger = 'nudge';--> statement-breakpoint
CREATE INDEX "sync_run_streams_recent" ON "sync_run_streams" USING btree ("tenant_id","connection_id","stream","started_at" DESC NULLS LAST) WHERE not is_look;--> statement-breakpoint
ALTER TABLE "sync_runs" ADD CONSTRAINT "sync_runs_trigger" CHECK ("sync_runs"."trigger" in ('schedule', 'person', 'command', 'nudge'));