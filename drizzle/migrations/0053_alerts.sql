CREATE TABLE "alerts" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT app.uuid_v7() NOT NULL,
	"connection_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"began_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"ended_at" timestamp with time zone,
	"beginning_told_by" text[] DEFAULT '{}' NOT NULL,
	"end_told_by" text[] DEFAULT '{}' NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"next_try_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "alerts_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "alerts_order" CHECK ("alerts"."ended_at" is null or "alerts"."ended_at" >= "alerts"."began_at"),
	CONSTRAINT "alerts_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_one_open" ON "alerts" USING btree ("tenant_id","connection_id","kind") WHERE "alerts"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "alerts_ended" ON "alerts" USING btree ("ended_at");--> statement-breakpoint
SELECT app.protect('alerts');
--> statement-breakpoint
-- The web watches over all workspaces and writes into each by itself. What was told stays, and nobody may delete it.
GRANT SELECT, INSERT, UPDATE (ended_at, beginning_told_by, end_told_by, tries, next_try_at) ON alerts TO tidemark_web;
--> statement-breakpoint
GRANT SELECT ON alerts TO tidemark_operator;
--> statement-breakpoint
CREATE POLICY operator_reads ON alerts FOR SELECT TO tidemark_operator USING (true);
